"""Every event is answered: by its acknowledgement if one was asked for, else by an `error` event if it failed."""

from datetime import datetime

import pytest

from tests.support.device import join
from tests.support.stack import Stack


async def test_a_ping_tells_the_time(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("client:ping")
    assert answer["ok"]
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(answer["serverTime"])).total_seconds()) < 5


async def test_an_unknown_event_is_told_to_its_callback(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("no:such:event", {"a": 1})
        assert answer == {"ok": False, "error": {"code": "INVALID", "message": "unknown event 'no:such:event'"}}
        assert (await device.call("client:ping"))["ok"]
    assert "error" not in [event[0] for event in device.events]


async def test_an_unknown_event_without_a_callback_is_told_by_an_event(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await device.emit("no:such:event")
        (error,) = await device.expect("error")
    assert error == {"code": "INVALID", "message": "unknown event 'no:such:event'", "event": "no:such:event"}


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error", "message", "error", "__proto__"])
async def test_reserved_names_are_unknown_events(stack: Stack, alice: str, name: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        assert (await device.call(name))["error"]["code"] == "INVALID"


@pytest.mark.parametrize(
    "arguments",
    [
        [], [None], ["x"], [{}], [{"since": 1}], [{"since": None}], [{"since": "yesterday"}], [{"since": "2026-01-01"}],
        [{"since": "2026-01-01T00:00:00"}], [{"since": "0001-01-01T00:00:00+14:00"}], [{"since": "x" * 5_000}],
        [{"since": "9999-12-31T23:59:59-14:00"}], [{"since": "2026-01-01T00:00:00Z", "limit": 0}],
        [{"since": "2026-01-01T00:00:00Z", "limit": 201}], [{"since": "2026-01-01T00:00:00Z", "limit": True}],
        [{"since": "2026-01-01T00:00:00Z", "limit": 1.5}], [{"since": "2026-01-01T00:00:00Z", "limit": "5"}],
        [{"since": "2026-01-01T00:00:00Z"}, 2],
    ],
    ids=str,
)  # fmt: skip
async def test_a_sync_that_makes_no_sense_is_invalid(stack: Stack, alice: str, arguments: list[object]) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("notifications:sync", *arguments)
        assert (answer["ok"], answer["error"]["code"]) == (False, "INVALID")


async def test_answers_come_in_the_order_of_the_events(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        for number in range(20):
            await device.transport.send(f'42{number}["client:ping"]')
        await device.until(lambda: sum(packet.startswith("43") for packet in device.packets) == 20, "twenty answers")
    numbers = [int(packet[2:].partition("[")[0]) for packet in device.packets if packet.startswith("43")]
    assert numbers == list(range(20))
