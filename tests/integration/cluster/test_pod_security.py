"""Admission enforces the standard that a namespace asks for."""

import pytest

from tests.support.kubernetes import Kubernetes

from .pods import lone_pod, probe_pod


def test_a_restricted_pod_is_admitted(cluster: Kubernetes, namespace: str, probe: str) -> None:
    assert "pod/modest" in cluster.apply(lone_pod(namespace, "modest", probe_pod(probe)))


@pytest.mark.parametrize(
    "demand", [{"hostNetwork": True}, {"hostPID": True}, {"securityContext": {"runAsNonRoot": False}}], ids=str
)
def test_a_pod_that_wants_more_is_refused(
    cluster: Kubernetes, namespace: str, probe: str, demand: dict[str, object]
) -> None:
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        cluster.apply(lone_pod(namespace, "greedy", probe_pod(probe, **demand)))


def test_a_privileged_container_is_refused(cluster: Kubernetes, namespace: str, probe: str) -> None:
    template = probe_pod(probe)
    template["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    with pytest.raises(AssertionError, match="privileged"):
        cluster.apply(lone_pod(namespace, "greedy", template))
