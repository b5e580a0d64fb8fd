"""What gateways and workers have in common: a Deployment of pods that read a config file and answer on a port."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..resources import ResourcesSpec
from .config import FOLDER, VOLUME, Config, render_config_volume
from .metadata import Owner, render_account, render_config_map
from .pod import Container, Pod, read_field, render_pod
from .probe import render_http_probes

MANAGEMENT_PORT: Final = 9090
_FIELDS: Final = {"POD_NAME": "metadata.name", "POD_IP": "status.podIP"}
_MIN_READY: Final = 15  # seconds
_SLACK: Final = 600  # seconds to find a node, pull an image and start


@dataclass(frozen=True, slots=True)
class Workload:
    """The Deployment `name` of one role; `template` is what the user adds to its pods, in the form of the file."""

    name: str
    image: str
    config: Config
    replicas: int
    resources: ResourcesSpec
    grace_period: int
    template: Mapping[str, Any]


def render_workload_base(owner: Owner, name: str, config: Config) -> tuple[dict[str, Any], ...]:
    """Return what the pods of a role need before they can start."""
    return (
        render_account(owner, config.role, name),
        {**render_config_map(owner, config.role, config.config_map, {config.file: config.text}), "immutable": True},
    )


def render_deployment(owner: Owner, workload: Workload, container: Container) -> dict[str, Any]:
    """Return the Deployment."""
    role = workload.config.role
    pod = Pod(
        component=role,
        account=workload.name,
        grace_period=workload.grace_period,
        volumes=(render_config_volume(workload.config),),
        annotations=workload.config.annotations,
        template=workload.template,
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": owner.describe(role, workload.name),
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": owner.select(role)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "minReadySeconds": _MIN_READY,
            "progressDeadlineSeconds": _SLACK + workload.grace_period,
            "revisionHistoryLimit": 3,
            "template": render_pod(owner, pod, container),
        },
    }


def make_container(workload: Workload, args: tuple[str, ...], ports: dict[str, int]) -> Container:
    """Return the container of a role; `args` come after those that every role takes."""
    role = workload.config.role
    own = ("--config", workload.config.path, "--id", "$(POD_NAME)", "--host", "0.0.0.0")  # noqa: S104 - in the pod alone
    all_args = (*own, *args, "--management-port", str(MANAGEMENT_PORT))
    return Container(
        name=role,
        image=workload.image,
        resources=workload.resources,
        command=("notifications", role),
        args=all_args,
        env=tuple(read_field(name, path) for name, path in _FIELDS.items() if f"$({name})" in all_args),
        ports={**ports, "management": MANAGEMENT_PORT},
        mounts={VOLUME: FOLDER},
        probes=render_http_probes("management", started="/readyz", ready="/readyz", alive="/healthz"),
    )
