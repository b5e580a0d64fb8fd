"""The operator's own pods: restricted, two, and started by words that the operator understands."""

from typing import Any

import pytest

from notification_operator.__main__ import _parse
from tests.unit.packaging.installed import pick


@pytest.fixture
def pod() -> dict[str, Any]:
    spec: dict[str, Any] = pick("Deployment")["spec"]["template"]["spec"]
    return spec


def test_the_operator_understands_its_arguments(pod: dict[str, Any]) -> None:
    [container] = pod["containers"]
    options = _parse(container["args"])
    assert options.command == "run"
    assert options.all_namespaces
    assert options.management_port == container["ports"][0]["containerPort"]


def test_the_pods_pass_the_restricted_standard(pod: dict[str, Any]) -> None:
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all("emptyDir" in volume for volume in pod["volumes"])
    assert pick("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_one_replica_can_always_take_over(pod: dict[str, Any]) -> None:
    deployment = pick("Deployment")["spec"]
    selector = deployment["selector"]["matchLabels"]
    assert deployment["replicas"] == 2
    assert pick("PodDisruptionBudget")["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": selector}}
    assert {each["topologyKey"] for each in pod["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }


def test_resources_are_bounded(pod: dict[str, Any]) -> None:
    [container] = pod["containers"]
    assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys() == {"cpu", "memory"}
