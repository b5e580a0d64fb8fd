"""The workers: the processes that deliver."""

from typing import Any, Final

from ..spec import ClusterSpec
from .config import Config
from .disruption import render_disruption_budgets
from .metadata import Owner
from .workload import Workload, make_container, render_deployment, render_workload_base

_ROLE: Final = "worker"
_GRACE_PERIOD: Final = 60  # seconds, for the jobs in hand


def render_worker_base(owner: Owner, config: Config) -> tuple[dict[str, Any], ...]:
    """Return account and config, which the setup uses too."""
    return render_workload_base(owner, owner.names.worker, config)


def render_workers(owner: Owner, cluster: ClusterSpec, config: Config, image: str) -> tuple[dict[str, Any], ...]:
    """Return the Deployment and, for more than one worker, its disruption budget."""
    worker, name = cluster.worker, owner.names.worker
    workload = Workload(
        name=name,
        image=image,
        config=config,
        replicas=0 if cluster.hibernate else worker.replicas,
        resources=worker.resources,
        grace_period=_GRACE_PERIOD,
        template=worker.pod_template,
    )
    pods = 0 if cluster.hibernate else worker.max_replicas
    return (
        render_deployment(owner, workload, make_container(workload, (), {})),
        *render_disruption_budgets(owner, _ROLE, name, pods),
    )
