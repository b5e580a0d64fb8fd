"""Requests and limits of a container never contradict each other."""

from typing import Any

import pytest

from notification_operator.document import Amounts, Resources
from notification_operator.errors import InvalidSpec
from notification_operator.resources import ResourcesSpec, derive_resources

DEFAULT = ResourcesSpec(requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "1Gi"})


def derive(**given: Amounts) -> ResourcesSpec:
    return derive_resources("spec.gateway.resources", Resources(**given), DEFAULT)


def test_what_is_left_out_has_a_default() -> None:
    assert derive_resources("spec.gateway.resources", None, DEFAULT) == DEFAULT
    assert derive(limits=Amounts(memory="2Gi")).limits == {"cpu": "1", "memory": "2Gi"}


def test_a_request_above_the_default_limit_raises_the_limit() -> None:
    assert derive(requests=Amounts(cpu=2)) == ResourcesSpec(
        requests={"cpu": "2", "memory": "128Mi"}, limits={"cpu": "2", "memory": "1Gi"}
    )


def test_a_limit_below_the_default_request_lowers_the_request() -> None:
    assert derive(limits=Amounts(memory="64Mi")) == ResourcesSpec(
        requests={"cpu": "100m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "64Mi"}
    )


def test_a_resource_without_a_default_is_taken_as_it_is() -> None:
    assert derive(limits=Amounts(ephemeral_storage="1Gi")).limits["ephemeral-storage"] == "1Gi"


@pytest.mark.parametrize(("request_", "limit"), [("2", "1"), ("1001m", 1), ("1Gi", "1G")])
def test_a_request_above_its_own_limit_is_refused(request_: Any, limit: Any) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        derive(requests=Amounts(memory=request_), limits=Amounts(memory=limit))
    assert str(refusal.value) == (
        f"spec.gateway.resources.requests.memory must be at most spec.gateway.resources.limits.memory ({limit})"
    )
