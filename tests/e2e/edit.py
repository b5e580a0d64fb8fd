"""Edits by hand of fields that are the operator's, as people make them with kubectl."""

import json
from dataclasses import dataclass
from typing import Any

from tests.e2e.child import Child


@dataclass(frozen=True, slots=True)
class Edit:
    """`words` is the kubectl command and `options` what follows the object; `field` is how the operator calls it."""

    kind: str
    name: str
    field: str
    words: tuple[str, ...]
    options: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field} of {self.kind} {self.name}"

    def make(self, child: Child) -> None:
        """Do it to `child`, for which it has to be a change."""
        said = child.cluster.kubectl(*self.words, f"{child.kind}/{child.name}", *self.options)
        assert "no change" not in said, said


def merge(kind: str, name: str, field: str, changes: dict[str, Any]) -> Edit:
    """Change fields as `kubectl edit` does, which names what was removed as None."""
    return Edit(kind, name, field, ("patch",), ("--type=merge", f"--patch={json.dumps(changes)}"))


def _replace(kind: str, name: str, field: str, path: str, value: object) -> Edit:
    patch = json.dumps([{"op": "replace", "path": path, "value": value}])
    return Edit(kind, name, field, ("patch",), ("--type=json", f"--patch={patch}"))


_GATEWAY = "demo-gateway"
_CONTAINER = "spec.template.spec.containers[gateway]"
_RETENTION = "persistentVolumeClaimRetentionPolicy"

EDITS = (
    merge("ConfigMap", "demo-nats", "data.nats.conf", {"data": {"nats.conf": ""}}),
    merge("Service", "demo-nats", "spec.publishNotReadyAddresses", {"spec": {"publishNotReadyAddresses": False}}),
    _replace("Service", _GATEWAY, "spec.ports[http]", "/spec/ports/0/port", 8081),
    merge("Service", _GATEWAY, "spec.selector", {"spec": {"selector": {"their.example/label": "more"}}}),
    Edit("Deployment", _GATEWAY, "spec.replicas", ("scale",), ("--replicas=4",)),
    Edit("Deployment", _GATEWAY, "spec.replicas", ("scale",), ("--replicas=1",)),
    Edit("Deployment", _GATEWAY, _CONTAINER, ("set", "image"), ("gateway=localhost/pause:1",)),
    Edit("Deployment", _GATEWAY, _CONTAINER, ("set", "env"), ("POD_NAME=other",)),
    merge(
        "StatefulSet", "demo-nats", f"spec.{_RETENTION}.whenDeleted", {"spec": {_RETENTION: {"whenDeleted": "Retain"}}}
    ),
    merge(
        "PodDisruptionBudget",
        _GATEWAY,
        "spec.maxUnavailable",
        {"spec": {"maxUnavailable": None, "minAvailable": 2}},
    ),
    merge("ServiceAccount", _GATEWAY, "automountServiceAccountToken", {"automountServiceAccountToken": True}),
    merge(
        "Deployment",
        "demo-worker",
        "metadata.labels.app.kubernetes.io/component",
        {"metadata": {"labels": {"app.kubernetes.io/component": "other"}}},
    ),
)
