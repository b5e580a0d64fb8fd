"""Objects that look as if the operator had made them for a cluster, and that no rendering wants."""

from typing import Any

from notification_operator.names import INSTANCE_LABEL, MANAGED_BY_LABEL, OPERATOR
from tests.e2e.notification_cluster import NotificationCluster, Object

NAME = "stray"
_LABELS = {"app": NAME}
_SELECTOR = {"selector": {"matchLabels": _LABELS}}
_POD: Object = {"containers": [{"name": "a", "image": "localhost/pause:1"}]}
_PODS = {"metadata": {"labels": _LABELS}, "spec": _POD}
_JOB = {"spec": {**_POD, "restartPolicy": "Never"}}
_STRAYS: tuple[tuple[str, str, Object], ...] = (
    ("v1", "ConfigMap", {}),
    ("v1", "Service", {"spec": {"clusterIP": "None", "selector": _LABELS}}),
    ("v1", "ServiceAccount", {}),
    ("apps/v1", "ControllerRevision", {"revision": 1, "data": {}}),
    ("apps/v1", "Deployment", {"spec": {"replicas": 0, **_SELECTOR, "template": _PODS}}),
    ("apps/v1", "StatefulSet", {"spec": {"replicas": 0, **_SELECTOR, "template": _PODS}}),
    ("batch/v1", "Job", {"spec": {"suspend": True, "template": _JOB}}),
    ("policy/v1", "PodDisruptionBudget", {"spec": {"maxUnavailable": 1, **_SELECTOR}}),
)
KINDS = tuple(kind for _, kind, _ in _STRAYS)


def plant_strays(cluster: NotificationCluster) -> None:
    """Make one of every kind that the operator prunes, labelled and owned as if it were the cluster's."""
    cluster.kubernetes.apply(*(_describe(cluster, *stray) for stray in _STRAYS))


def list_strays(cluster: NotificationCluster) -> set[str]:
    """The kinds of those that are left."""
    found = cluster.get(",".join(KINDS), f"--selector={INSTANCE_LABEL}={cluster.name}")["items"]
    return {each["kind"] for each in found if each["metadata"]["name"] == NAME}


def _describe(cluster: NotificationCluster, version: str, kind: str, content: dict[str, Any]) -> Object:
    owner = cluster.resource
    reference = {"name": cluster.name, "uid": owner["metadata"]["uid"], "controller": True}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": NAME,
            "namespace": cluster.namespace,
            "labels": {INSTANCE_LABEL: cluster.name, MANAGED_BY_LABEL: OPERATOR},
            "ownerReferences": [{"apiVersion": owner["apiVersion"], "kind": owner["kind"], **reference}],
        },
        **content,
    }
