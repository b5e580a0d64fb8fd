"""When a part of the cluster counts as ready."""

from typing import Any

import pytest

from notification_operator.custom_resource import CustomResource
from notification_operator.status import Facts, judge_gateways, judge_nats

CLUSTER = CustomResource({"metadata": {"namespace": "x", "name": "demo", "uid": "1"}, "spec": {}})
ROLLED = {
    "observedGeneration": 2,
    "replicas": 3,
    "readyReplicas": 3,
    "availableReplicas": 3,
    "updatedReplicas": 3,
    "currentRevision": "b",
    "updateRevision": "b",
}


def judge(kind: str, status: dict[str, Any]) -> tuple[str, str, str]:
    name = {"StatefulSet": "demo-nats", "Deployment": "demo-gateway"}[kind]
    child = {"metadata": {"name": name, "generation": 2}, "spec": {"replicas": 3}, "status": {**ROLLED, **status}}
    facts = Facts({(kind, name): child})
    found = judge_nats(CLUSTER, facts) if kind == "StatefulSet" else judge_gateways(CLUSTER, facts)
    return found.status, found.reason, found.message


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_pods_are_ready_when_all_are_and_are_up_to_date(kind: str) -> None:
    assert judge(kind, {}) == ("True", "PodsReady", "3 of 3 pods are ready")


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_what_was_ready_before_a_change_is_not_ready_for_it(kind: str) -> None:
    assert judge(kind, {"observedGeneration": 1}) == ("False", "RollingOut", "0 of 3 pods are up to date")


def test_servers_of_before_are_not_up_to_date() -> None:
    rolling = {"currentRevision": "a", "updatedReplicas": 1}
    assert judge("StatefulSet", rolling) == ("False", "RollingOut", "1 of 3 pods are up to date")


def test_gateways_of_before_are_not_up_to_date() -> None:
    assert judge("Deployment", {"updatedReplicas": 1}) == ("False", "RollingOut", "1 of 3 pods are up to date")
