"""A node or the control plane can be killed, and comes back with what it had."""

from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync

from .pods import lone_pod, probe_pod

SECONDS_TO_NOTICE = 90  # Kubernetes waits up to 50 s by itself
SECONDS_TO_RETURN = 90


def test_a_killed_node_becomes_not_ready_and_comes_back(cluster: Kubernetes, namespace: str, probe: str) -> None:
    lost, *others = cluster.nodes
    cluster.apply(lone_pod(namespace, "there", probe_pod(probe, nodeName=lost)))
    cluster.kubectl("wait", "--namespace", namespace, "pod/there", "--for=condition=Ready", "--timeout=60s")
    cluster.kill_node(lost)
    try:
        assert eventually_sync(
            lambda: readiness(cluster, lost) == "Unknown", within=SECONDS_TO_NOTICE, what=f"the loss of {lost}"
        )
        assert [readiness(cluster, node) for node in others] == ["True"] * 2
    finally:
        cluster.start_node(lost)
    assert eventually_sync(
        lambda: readiness(cluster, lost) == "True", within=SECONDS_TO_RETURN, what=f"the return of {lost}"
    )
    enter = ["exec", "--namespace", namespace, "there", "--", "/probe", "get", "http://127.0.0.1:8080"]
    assert eventually_sync(lambda: said(cluster, enter) == "there", within=SECONDS_TO_RETURN, what="the pod's return")


def test_the_api_comes_back_after_the_loss_of_the_control_plane(
    cluster: Kubernetes, namespace: str, probe: str
) -> None:
    cluster.apply(lone_pod(namespace, "there", probe_pod(probe)))
    cluster.kubectl("wait", "--namespace", namespace, "pod/there", "--for=condition=Ready", "--timeout=60s")
    before = cluster.get("pod", "there", "--namespace", namespace)["status"]["containerStatuses"][0]["containerID"]
    cluster.kill_node(cluster.backend.control_plane)
    try:
        assert not cluster.backend.is_up()
    finally:
        cluster.start_node(cluster.backend.control_plane)
    assert eventually_sync(cluster.backend.is_up, within=SECONDS_TO_RETURN, what="the return of the API")
    after = cluster.get("pod", "there", "--namespace", namespace)["status"]["containerStatuses"][0]
    assert (after["containerID"], after["restartCount"]) == (before, 0)


def readiness(cluster: Kubernetes, node: str) -> str:
    """The status of the node's condition Ready: True, False or Unknown."""
    return cluster.kubectl("get", "node", node, '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}')


def said(cluster: Kubernetes, words: list[str]) -> str:
    """What a command in a pod printed, or nothing while it fails."""
    try:
        return cluster.kubectl(*words, within=10).strip()
    except AssertionError:
        return ""
