"""A device that presents its cursor is shown each change once, in order, wherever it comes back."""

import asyncio
from datetime import datetime, timedelta

import pytest

from notifications.domain.cursor import Cursor, decode, encode
from tests.integration.gateway.conftest import Act
from tests.support.device import Device, join
from tests.support.stack import Stack
from tests.support.waiting import eventually

GATEWAYS = ["gateway-0", "gateway-1"]


async def see(device: Device, count: int) -> list[str]:
    await device.until(lambda: len(device.notifications) >= count, f"{count} notifications")
    return [shown["content"] for shown in device.notifications]


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_what_was_missed_comes_as_ordinary_events_and_nothing_pending(
    stack: Stack, act: Act, alice: str, gateway: str
) -> None:
    await act("producer").notify(alice, content="before")
    async with join(stack.internal_url("gateway-0"), stack.token(alice)) as device:
        cursor = device.cursor
    for number in range(3):
        await act("producer").notify(alice, content=str(number))
    async with join(stack.internal_url(gateway), stack.token(alice), cursor=cursor) as device:
        assert await see(device, 3) == ["0", "1", "2"]
        await act("producer").notify(alice, content="live")
        assert await see(device, 4) == ["0", "1", "2", "live"]
    greeting = next(event[1] for event in device.events if event[0] == "connected")
    assert greeting["recovered"] is True
    assert greeting["cursor"] == cursor
    assert "notifications:pending" not in [event[0] for event in device.events]


async def test_more_than_a_page_that_was_missed_comes_completely(stack: Stack, act: Act, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        cursor = device.cursor
    for batch in range(5):
        await asyncio.gather(*(act("producer").notify(alice, content=str(batch)) for _ in range(100)))
    async with join(stack.url, stack.token(alice), cursor=cursor) as device:
        await see(device, 500)
    assert [shown["seq"] for shown in device.notifications] == list(range(1, 501))


async def test_a_device_that_comes_and_goes_under_load_sees_everything_once(stack: Stack, act: Act, alice: str) -> None:
    seen: list[int] = []
    async with join(stack.url, stack.token(alice)) as device:
        cursor = device.cursor
    sending = asyncio.gather(*(act("producer").notify(alice) for _ in range(150)))
    while len(seen) < 150:
        async with join(stack.url, stack.token(alice), cursor=cursor) as device:
            await see(device, min(10, 150 - len(seen)))
        seen += [shown["seq"] for shown in device.notifications]
        cursor = device.cursor or cursor
    await sending
    assert seen == list(range(1, 151))


async def test_changes_of_read_state_are_missed_and_made_up_for_too(stack: Stack, act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        cursor = device.cursor
    await act(alice).read(placed["id"])
    await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice), cursor=cursor) as device:
        change, _ = await device.expect("notification:changed")
        await device.expect("notification")
    assert (change["kind"], change["ids"], change["unread"]) == ("read", [placed["id"]], 0)
    assert (change["prev"], change["seq"]) == (1, 2)


async def foreign(act: Act, user: str, seq: int, epoch: int = 0) -> str:
    """A cursor of this user's inbox that was changed."""
    real = decode((await act(user).list()).body["cursor"])
    return encode(Cursor(real.inbox_epoch + epoch, seq))


@pytest.mark.parametrize(("reason", "epoch", "seq"), [("epoch", 1, 0), ("ahead", 0, 99)])
async def test_a_cursor_that_cannot_be_recovered_from_is_told_and_what_is_pending_shown(
    stack: Stack, act: Act, alice: str, reason: str, epoch: int, seq: int
) -> None:
    await act("producer").notify(alice)
    cursor = await foreign(act, alice, seq, epoch)
    async with join(stack.url, stack.token(alice), cursor=cursor) as device:
        assert await device.expect("notifications:resync") == [{"reason": reason}]
        (pending,) = await device.expect("notifications:pending")
        assert len(pending["notifications"]) == 1
        assert next(event[1] for event in device.events if event[0] == "connected")["recovered"] is False
        answer = await device.call("notifications:sync", {"since": cursor})
        assert answer["error"]["code"] == "RESYNC"


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 44, "A" * 10_000])
async def test_a_cursor_that_is_none_of_ours_is_told_and_what_is_pending_shown(
    stack: Stack, alice: str, cursor: str
) -> None:
    async with join(stack.url, stack.token(alice), cursor=cursor) as device:
        assert await device.expect("notifications:resync") == [{"reason": "cursor"}]


async def test_a_position_moves_past_what_expired_without_an_event(stack: Stack, act: Act, alice: str) -> None:
    """What is left out between two events is no gap: the later one follows whatever the device was shown."""
    async with join(stack.url, stack.token(alice)) as device:
        cursor = device.cursor
    soon = (datetime.now().astimezone() + timedelta(seconds=1)).isoformat()
    (short_lived,) = await act("producer").notify(alice, content="short-lived", expiresAt=soon)
    await act("producer").notify(alice, content="lasting")

    async def has_expired() -> bool:
        listing = (await act(alice).list()).body
        return short_lived["id"] not in [shown["id"] for shown in listing["notifications"]]

    await eventually(has_expired, what="the expiry")
    async with join(stack.url, stack.token(alice), cursor=cursor) as device:
        shown, _ = await device.expect("notification")
    assert (shown["content"], shown["prev"], shown["seq"]) == ("lasting", 0, 2)


async def test_a_sync_returns_what_came_after_a_cursor_in_portions(stack: Stack, act: Act, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        since = device.cursor
        for number in range(5):
            await act("producer").notify(alice, content=str(number))
        await act(alice).read_all()
        first = await device.call("notifications:sync", {"since": since, "limit": 3})
        second = await device.call("notifications:sync", {"since": first["cursor"]})
    assert [shown["content"] for shown in first["notifications"]] == ["0", "1", "2"]
    assert (first["ok"], first["hasMore"], first["changes"]) == (True, True, [])
    assert [shown["content"] for shown in second["notifications"]] == ["3", "4"]
    assert [change["kind"] for change in second["changes"]] == ["readAll"]
    assert second["hasMore"] is False


async def test_a_sync_from_a_date_returns_what_was_created_since(stack: Stack, act: Act, alice: str) -> None:
    for number in range(3):
        await act("producer").notify(alice, content=str(number))
    newest_first = (await act(alice).list()).body["notifications"]
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("notifications:sync", {"since": newest_first[1]["createdAt"]})
        assert [shown["content"] for shown in answer["notifications"]] == ["1", "2"]
        later = await device.call("notifications:sync", {"since": "2999-01-01T00:00:00+05:30"})
        assert (later["notifications"], later["hasMore"]) == ([], False)
        everything = await device.call("notifications:sync", {"since": "0001-01-01T00:00:00Z"})
        assert len(everything["notifications"]) == 3
