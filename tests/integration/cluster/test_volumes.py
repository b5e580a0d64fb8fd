"""A claim gets a volume that a pod without rights may write to, and that outlives the pod."""

from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync

from .pods import stateful_set


def test_a_volume_keeps_what_was_written_when_its_pod_is_replaced(
    cluster: Kubernetes, namespace: str, probe: str
) -> None:
    cluster.apply(stateful_set(namespace, probe))
    wait_for_store(cluster, namespace)
    enter = ["exec", "--namespace", namespace, "store-0", "--", "/probe"]
    cluster.kubectl(*enter, "write", "/data/word", "kept")
    cluster.kubectl("delete", "pod", "--namespace", namespace, "store-0", "--wait")
    wait_for_store(cluster, namespace)
    assert cluster.kubectl(*enter, "read", "/data/word") == "kept"


def test_a_volume_goes_with_its_claim(cluster: Kubernetes, namespace: str, probe: str) -> None:
    cluster.apply(stateful_set(namespace, probe))
    wait_for_store(cluster, namespace)
    volume = cluster.get("pvc", "data-store-0", "--namespace", namespace)["spec"]["volumeName"]
    cluster.kubectl("delete", "statefulset,pvc", "--all", "--namespace", namespace)
    assert eventually_sync(
        lambda: volume not in cluster.kubectl("get", "pv", "--output=name"), within=30, what="the end of the volume"
    )


def wait_for_store(cluster: Kubernetes, namespace: str) -> None:
    cluster.kubectl("rollout", "status", "--namespace", namespace, "statefulset/store", "--timeout=60s")
