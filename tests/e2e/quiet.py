"""The time in which nobody touches a cluster, and the operator neither."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from notification_operator.kinds import CHILDREN, CONTROLLER_REVISION, SECRET, is_owned
from notification_operator.names import INSTANCE_LABEL
from tests.e2e.notification_cluster import NotificationCluster, Object
from tests.support.waiting import eventually_sync

LENGTH = 300.0
# A Deployment counts a pod as available 15 s after it was ready, a StatefulSet 10 s
SETTLED = timedelta(seconds=16)
KINDS = ",".join(kind.plural for kind in (*CHILDREN, CONTROLLER_REVISION, SECRET))
Versions = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Quiet:
    """`versions` are those of `cluster` and of all its objects when it began; `monotonic` is the same moment."""

    cluster: NotificationCluster
    versions: Versions
    began: datetime
    monotonic: float

    @property
    def is_over(self) -> bool:
        """Whether it has lasted long enough."""
        return time.monotonic() - self.monotonic >= LENGTH


def begin_quiet(cluster: NotificationCluster) -> Quiet:
    """Wait until the cluster is ready and nothing changes any more."""
    eventually_sync(
        lambda: cluster.is_ready() and is_settled(list_objects(cluster)), within=120, what=f"{cluster.name} at rest"
    )
    return Quiet(cluster, read_versions(cluster), datetime.now(UTC), time.monotonic())


def read_versions(cluster: NotificationCluster) -> Versions:
    """The resourceVersion of the cluster and of each of its objects, by kind and name."""
    found = list_objects(cluster)
    return {(each["kind"], each["metadata"]["name"]): each["metadata"]["resourceVersion"] for each in found}


def list_objects(cluster: NotificationCluster) -> list[Object]:
    """The cluster, and all that the operator has made for it."""
    owner = cluster.get("notificationcluster", cluster.name, "--show-managed-fields")
    found = cluster.get(KINDS, f"--selector={INSTANCE_LABEL}={cluster.name}", "--show-managed-fields")["items"]
    return [owner, *(each for each in found if is_owned(each, owner["metadata"]["uid"]))]


def is_settled(objects: list[Object]) -> bool:
    """Whether nobody has changed anything for a while."""
    entries = [entry for each in objects for entry in each["metadata"].get("managedFields", ())]
    last = max(datetime.fromisoformat(entry["time"]) for entry in entries)
    return datetime.now(UTC) - last > SETTLED
