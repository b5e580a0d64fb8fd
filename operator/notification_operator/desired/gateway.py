"""The gateways: the processes that hold the connections, behind one Service."""

from typing import Any, Final

from ..drain import choose_grace_period
from ..spec import ClusterSpec
from .config import Config
from .disruption import render_disruption_budgets
from .metadata import Owner
from .workload import Workload, make_container, render_deployment, render_workload_base

PUBLIC_PORT: Final = 8080
_ROLE: Final = "gateway"


def render_gateway_base(owner: Owner, cluster: ClusterSpec, config: Config) -> tuple[dict[str, Any], ...]:
    """Return account, config and Service."""
    return (*render_workload_base(owner, owner.names.gateway, config), _render_service(owner, cluster))


def render_gateways(owner: Owner, cluster: ClusterSpec, config: Config, image: str) -> tuple[dict[str, Any], ...]:
    """Return the Deployment and, for more than one gateway, its disruption budget."""
    gateway, name = cluster.gateway, owner.names.gateway
    workload = Workload(
        name=name,
        image=image,
        config=config,
        replicas=0 if cluster.hibernate else gateway.replicas,
        resources=gateway.resources,
        grace_period=choose_grace_period(gateway.drain_seconds),
        template=gateway.pod_template,
    )
    container = make_container(
        workload, ("--advertise", "$(POD_IP)", "--port", str(PUBLIC_PORT)), {"http": PUBLIC_PORT}
    )
    pods = 0 if cluster.hibernate else gateway.max_replicas
    return (
        render_deployment(owner, workload, container),
        *render_disruption_budgets(owner, _ROLE, name, pods),
    )


def _render_service(owner: Owner, cluster: ClusterSpec) -> dict[str, Any]:
    settings = dict(cluster.gateway.service)
    metadata = owner.describe(_ROLE, owner.names.gateway)
    if annotations := settings.pop("annotations", None):
        metadata["annotations"] = annotations
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            **settings,
            "selector": owner.select(_ROLE),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }
