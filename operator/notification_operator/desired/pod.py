"""Pods as the `restricted` Pod Security standard wants them: no root, no rights, no writable image, no API token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..names import Component
from ..resources import ResourcesSpec
from .metadata import Owner

USER = 10001
SCRATCH = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - the path in the pod, where nobody else writes

Volume = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """The one container of a pod; `volumes` are the pod's, `mounts` say where the container sees them."""

    name: str
    image: str
    resources: ResourcesSpec
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Sequence[Mapping[str, Any]] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    mounts: Mapping[str, str] = field(default_factory=dict)
    writable: frozenset[str] = frozenset()
    probes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pod:
    """What the pods of a component share; `template` is what the user adds, in the form of the file."""

    component: Component
    account: str
    grace_period: int
    volumes: Sequence[Volume] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)
    spread: bool = True


def render_pod(owner: Owner, pod: Pod, container: Container) -> dict[str, Any]:
    """Return the template of a pod; what we set wins over what the user adds."""
    annotations = {**pod.template.get("annotations", {}), **pod.annotations}
    notes = {"annotations": annotations} if annotations else {}
    placing = {key: value for key, value in pod.template.items() if key not in {"labels", "annotations"}}
    return {
        "metadata": {"labels": {**pod.template.get("labels", {}), **owner.label(pod.component)}, **notes},
        "spec": {
            **placing,
            **_name_pull_secrets(pod, owner.inputs.pull_secrets),
            **(_spread(owner.select(pod.component)) if pod.spread else {}),
            "serviceAccountName": pod.account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": pod.grace_period,
            "securityContext": _secure_pod(),
            "containers": [_render_container(container)],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, *pod.volumes],
        },
    }


def _name_pull_secrets(pod: Pod, more: Sequence[str]) -> dict[str, Any]:
    named = (*(secret["name"] for secret in pod.template.get("imagePullSecrets", ())), *more)
    return {"imagePullSecrets": [{"name": name} for name in dict.fromkeys(named)]} if named else {}


def read_field(name: str, path: str) -> dict[str, Any]:
    """Return the environment variable `name` that holds a field of the pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _render_container(container: Container) -> dict[str, Any]:
    optional = {
        "command": list(container.command),
        "args": list(container.args),
        "env": list(container.env),
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in container.ports.items()],
    }
    return {
        "name": container.name,
        "image": container.image,
        "imagePullPolicy": "IfNotPresent",
        **{key: value for key, value in optional.items() if value},
        "resources": {
            "requests": dict(container.resources.requests),
            "limits": dict(container.resources.limits),
        },
        **container.probes,
        "securityContext": _secure_container(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [SCRATCH, *(_mount(container, name) for name in container.mounts)],
    }


def _mount(container: Container, name: str) -> dict[str, Any]:
    mount: dict[str, Any] = {"name": name, "mountPath": container.mounts[name]}
    return mount if name in container.writable else {**mount, "readOnly": True}


def _secure_pod() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _secure_container() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def _spread(selector: Mapping[str, str]) -> dict[str, Any]:
    keys = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    constraint = {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": selector}}
    return {"topologySpreadConstraints": [{"topologyKey": key, **constraint} for key in keys]}
