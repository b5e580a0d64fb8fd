"""The audit log tells who wrote what, and who was refused."""

from pathlib import Path

import pytest

from tests.cluster.audit import AuditEvent
from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync


@pytest.fixture
def writer(cluster: Kubernetes, namespace: str, tmp_path: Path) -> Path:
    """The kubeconfig of the service account `writer`, which may make ConfigMaps and nothing else."""
    words = ["--namespace", namespace]
    cluster.kubectl("create", "serviceaccount", "writer", *words)
    cluster.kubectl("create", "role", "writer", "--verb=create", "--resource=configmaps", *words)
    cluster.kubectl("create", "rolebinding", "writer", "--role=writer", f"--serviceaccount={namespace}:writer", *words)
    return cluster.kubeconfig_of("writer", namespace, tmp_path)


def test_a_write_of_a_named_user_is_in_the_audit_log(cluster: Kubernetes, namespace: str, writer: Path) -> None:
    cluster.kubectl("create", "configmap", "mine", "--namespace", namespace, f"--kubeconfig={writer}")
    (event,) = eventually_sync(lambda: writes(cluster, namespace), what="the write in the audit log")
    assert (event.verb, event.resource, event.name, event.code) == ("create", "configmaps", "mine", 201)
    assert event.agent.startswith("kubectl/")
    assert event.received <= event.answered


def test_a_refused_write_is_in_the_audit_log_with_its_code(cluster: Kubernetes, namespace: str, writer: Path) -> None:
    words = ["create", "secret", "generic", "theirs", "--namespace", namespace, f"--kubeconfig={writer}"]
    with pytest.raises(AssertionError, match="orbidden"):
        cluster.kubectl(*words)
    (event,) = eventually_sync(lambda: writes(cluster, namespace), what="the refusal in the audit log")
    assert (event.verb, event.resource, event.code) == ("create", "secrets", 403)


def test_reads_of_leases_are_left_out_but_for_those_of_the_operator(cluster: Kubernetes, namespace: str) -> None:
    cluster.get("leases", f"--namespace={namespace}")
    cluster.get("leases", "--namespace=notification-operator")
    eventually_sync(
        lambda: [event for event in cluster.audit() if is_read(event, "notification-operator")],
        what="a read of a lease",
    )
    assert not [event for event in cluster.audit() if is_read(event, namespace)]


def test_writes_of_leases_are_not_left_out(cluster: Kubernetes) -> None:
    leases = [event for event in cluster.audit() if event.resource == "leases" and event.namespace == "kube-node-lease"]
    assert leases
    assert all(event.is_write for event in leases)


def is_read(event: AuditEvent, namespace: str) -> bool:
    return event.resource == "leases" and event.namespace == namespace and not event.is_write


def writes(cluster: Kubernetes, namespace: str) -> list[AuditEvent]:
    """What the service account `writer` of `namespace` asked to change."""
    user = f"system:serviceaccount:{namespace}:writer"
    return [event for event in cluster.audit() if event.user == user and event.is_write]
