"""The pods of the product as they are at one moment: of a cluster, and of the operator."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from notification_operator.names import INSTANCE_LABEL
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.release import NAME, Release

COMPONENTS = ("gateway", "worker", "nats", "operator")


@dataclass(frozen=True, slots=True)
class LivingPod:
    """One of them. `life` is another as soon as the pod was replaced or its container restarted."""

    component: str
    namespace: str
    name: str
    node: str
    life: tuple[str, int]
    ready: bool


def read_pods(release: Release, cluster: NotificationCluster) -> tuple[LivingPod, ...]:
    """All of them, also those on their way out, which are not ready."""
    found = [
        *release.get("pods", f"--selector=app.kubernetes.io/name={NAME}")["items"],
        *cluster.get("pods", f"--selector={INSTANCE_LABEL}={cluster.name}")["items"],
    ]
    return tuple(pod for each in found if (pod := read_pod(each)).component in COMPONENTS)


def read_pod(pod: dict[str, Any]) -> LivingPod:
    """One of one container, as the API server describes it."""
    metadata, (status, *_) = pod["metadata"], pod["status"].get("containerStatuses") or [{}]
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    return LivingPod(
        component=metadata["labels"]["app.kubernetes.io/component"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        node=pod["spec"].get("nodeName", ""),
        life=(metadata["uid"], status.get("restartCount", 0)),
        ready=conditions.get("Ready") == "True" and "deletionTimestamp" not in metadata,
    )


def list_lives(cluster: NotificationCluster) -> set[tuple[str, int]]:
    """Every pod that is not on its way out, and how often its container was restarted."""
    return {read_pod(pod).life for pod in cluster.pods()}


def count_ready(pods: Iterable[LivingPod]) -> Counter[str]:
    """How many of each component are ready."""
    return Counter(pod.component for pod in pods if pod.ready)
