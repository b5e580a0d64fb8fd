"""The way into a cluster for clients on this host: a port of its nodes, opened as a user would open it."""

import socket
from dataclasses import dataclass

from tests.e2e.notification_cluster import NotificationCluster
from tests.support.waiting import eventually_sync


@dataclass(frozen=True, slots=True)
class Entrance:
    """A port of the first node, which no test kills; `pods_before` are the uids of the pods before it was opened."""

    cluster: NotificationCluster
    address: str
    port: int
    pods_before: frozenset[str]

    @property
    def url(self) -> str:
        """Where clients find the gateways."""
        return f"http://{self.address}:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether somebody accepts connections."""
        try:
            with socket.create_connection((self.address, self.port), timeout=1):
                return True
        except OSError:
            return False


def open_entrance(cluster: NotificationCluster) -> Entrance:
    """Change the gateways' Service of a cluster, wait until that is done and return where clients get in."""
    eventually_sync(cluster.is_ready, within=120, what=f"the readiness of {cluster.name}")
    pods_before = list_pods(cluster)
    cluster.patch({"gateway": {"service": {"type": "NodePort"}}})
    eventually_sync(cluster.is_ready, within=30, what=f"the readiness of {cluster.name} with ports on its nodes")
    (port,) = cluster.get("service", f"{cluster.name}-gateway")["spec"]["ports"]
    address = cluster.kubernetes.address_of(cluster.kubernetes.nodes[0])
    entrance = Entrance(cluster, address, port["nodePort"], pods_before)
    eventually_sync(lambda: entrance.is_open, within=30, what=f"a gateway of {cluster.name} behind {entrance.url}")
    return entrance


def list_pods(cluster: NotificationCluster) -> frozenset[str]:
    """The uids of a cluster's pods, finished ones included."""
    return frozenset(each["metadata"]["uid"] for (kind, _), each in cluster.objects.items() if kind == "Pod")
