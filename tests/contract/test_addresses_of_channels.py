"""What the workloads would refuse at their start, the operator refuses in the file that names it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_operator.errors import InvalidSpec
from notifications.domain.errors import Invalid
from notifications.domain.network import check_endpoint
from tests.support.addresses import AMBIGUOUS, FINE
from tests.unit.operator.clusters import APNS, EMAIL, SES, derive

KEY = {"name": "hooks", "key": "new"}


def call(url: str) -> Mapping[str, Any]:
    return {"webhook": {"keySecretRefs": [KEY], "url": url}}


FIELDS: Final[Mapping[str, Callable[[str], Mapping[str, Any]]]] = {
    "webhook.url": call,
    "email.publicUrl": lambda url: {"email": {**EMAIL, "publicUrl": url}},
    "email.providers[0].ses.endpoint": lambda url: {
        "email": {**EMAIL, "providers": [{"ses": {**SES, "endpoint": url}}]}
    },
    "push.fcm.endpoint": lambda url: {"push": {"fcm": {"serviceAccountSecretRef": KEY, "endpoint": url}}},
    "push.apns.endpoint": lambda url: {"push": {"apns": {**APNS, "endpoint": url}}},
}


def is_taken_by_the_operator(url: str) -> bool:
    try:
        derive(channels=call(url))
    except InvalidSpec:
        return False
    return True


def is_taken_by_the_workloads(url: str) -> bool:
    try:
        check_endpoint(url, "url")
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("url", AMBIGUOUS)
def test_the_operator_refuses_what_the_workloads_refuse_and_names_the_field(url: str, field: str) -> None:
    assert not is_taken_by_the_workloads(url)
    with pytest.raises(InvalidSpec) as refusal:
        derive(channels=FIELDS[field](url))
    assert refusal.value.field == f"spec.channels.{field}"


@pytest.mark.parametrize("url", FINE)
def test_what_is_fine_is_taken_by_both(url: str) -> None:
    assert is_taken_by_the_workloads(url)
    assert is_taken_by_the_operator(url)


@given(st.ip_addresses(v=6).map(str) | st.text("0123456789aAfF:.", max_size=45))
def test_both_agree_on_what_is_an_address(address: str) -> None:
    url = f"https://[{address}]/"
    assert is_taken_by_the_operator(url) is is_taken_by_the_workloads(url)
