"""What is sent for later comes later, once, to devices that are connected then."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.rest import PATH
from tests.support.stack import Stack


def ahead(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


async def test_a_scheduled_notification_comes_at_its_time_and_after_what_came_before(
    stack: Stack, act: Act, alice: str
) -> None:
    due = datetime.now(UTC) + timedelta(seconds=3)
    (later,) = await act("producer").notify(alice, content="later", sendAt=due.isoformat())
    (now,) = await act("producer").notify(alice, content="now")
    assert (later["seq"], later["state"], now["seq"]) == (None, "held", 1)

    async with join(stack.url, stack.token(alice)) as device:
        shown, _ = await device.expect("notification", within=15)

    assert datetime.now(UTC) >= due
    assert (shown["id"], shown["seq"], shown["prev"]) == (later["id"], 2, 1)


async def test_a_time_that_has_passed_is_now(act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice, sendAt=ahead(minutes=-5))

    assert (placed["seq"], placed["state"]) == (1, "queued")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sendAt": "tomorrow"}, "sendAt"),
        ({"sendAt": "2026-01-01T00:00:00"}, "sendAt"),
        ({"sendAt": ahead(days=91)}, "sendAt is more than 90 days ahead"),
        ({"sendAt": "9999-12-31T23:59:59-23:00"}, "sendAt"),
        ({"sendAt": ahead(days=2), "expiresAt": ahead(days=1)}, "expiresAt must be later than sendAt"),
    ],
)
async def test_a_time_that_makes_no_sense_is_refused(act: Act, alice: str, fields: dict[str, str], told: str) -> None:
    body = {"recipients": [alice], "type": "message", "content": "Hello", **fields}

    answer = await act("producer").request("POST", PATH, json=body)

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert told in answer.body["detail"].replace("send_at", "sendAt")
