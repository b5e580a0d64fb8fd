"""What a stock client presents by itself, `pid` and `offset`, is worth what was saved for that user, and no more."""

import json
from typing import Any

import pytest

from notifications.domain.cursor import Cursor, decode, encode
from tests.integration.gateway.conftest import Act
from tests.support.device import Device, dial, join
from tests.support.stack import Stack


def private_id(device: Device) -> str:
    """What CONNECT was answered with."""
    answer = next(packet for packet in device.packets if packet.startswith("40"))
    assert device.packets[0] == answer, "nothing comes before the answer"
    given: str = json.loads(answer.removeprefix("40"))["pid"]
    return given


def shown(device: Device) -> list[object]:
    return [event[1]["payload"] for event in device.events if event[0] == "room:message"]


@pytest.fixture
def token(stack: Stack, alice: str) -> str:
    return stack.token(alice, scope="", groups=[alice])


@pytest.fixture
def room(alice: str) -> str:
    return f"group:{alice}"


async def leave_room_joined(stack: Stack, token: str, room: str) -> dict[str, Any]:
    """Join a room, lose the connection, and return what a stock client would present then."""
    async with join(stack.internal_url("gateway-0"), token) as device:
        assert (await device.call("room:join", room))["ok"]
        return {"pid": private_id(device), "offset": device.cursor}


async def test_a_room_is_heard_again_without_joining_and_with_what_was_missed(
    stack: Stack, act: Act, token: str, alice: str, room: str
) -> None:
    presented = await leave_room_joined(stack, token, room)
    async with join(stack.internal_url("gateway-1"), stack.token("ben", groups=[alice])) as speaker:
        await speaker.call("room:send", {"room": room, "payload": "missed"})
        await act("producer").notify(alice, content="missed")
        async with join(stack.internal_url("gateway-1"), token, **presented) as device:
            assert private_id(device) == presented["pid"]
            assert device.events[0][1]["recovered"] is True
            await device.until(lambda: shown(device) == ["missed"], "what was said")
            await device.until(lambda: len(device.notifications) == 1, "what was sent")
            await speaker.call("room:send", {"room": room, "payload": "live"})
            await device.until(lambda: shown(device) == ["missed", "live"], "what is said now")
            assert "notifications:pending" not in [event[0] for event in device.events]


async def test_who_followed_nothing_comes_back_to_the_inbox(stack: Stack, token: str) -> None:
    async with join(stack.internal_url("gateway-0"), token) as device:
        presented: dict[str, Any] = {"pid": private_id(device), "offset": device.cursor}
    async with join(stack.internal_url("gateway-1"), token, **presented) as device:
        assert (private_id(device), device.events[0][1]["recovered"]) == (presented["pid"], True)


async def test_a_subscription_moves_the_offset_by_itself(stack: Stack, token: str, alice: str) -> None:
    async with join(stack.url, token) as device:
        before = device.cursor
        assert (await device.call("topic:subscribe", f"orders.{alice}"))["ok"]
        assert before is not None
        assert device.cursor is not None
        assert (decode(before).topics_epoch, bool(decode(device.cursor).topics_epoch)) == (0, True)


async def begins_anew(url: str, token: str, room: str, **presented: Any) -> str:
    """Say how the client that presents this is greeted, and that it hears nothing that it did not join."""
    async with join(url, token, **presented) as device:
        assert device.events[0][1]["recovered"] is False
        assert "notifications:pending" in [event[0] for event in device.events]
        assert (await device.call("room:send", {"room": room, "payload": 1}))["ok"]
        assert (await device.call("client:ping"))["ok"]
        assert shown(device) == []
        return private_id(device)


async def test_an_id_of_somebody_else_is_not_taken(stack: Stack, token: str, alice: str, room: str) -> None:
    presented = await leave_room_joined(stack, token, room)
    for stranger in (stack.token("mallory", groups=[alice]), stack.token(alice, "other", groups=[alice])):
        given = await begins_anew(stack.url, stranger, room, **presented)
        assert given != presented["pid"]
    async with join(stack.url, token, **presented) as device:
        assert private_id(device) == presented["pid"], "nobody has spoilt it"


@pytest.mark.parametrize("pid", ["", "x", "x" * 36, "x" * 10_000, "ntf.*.>", 'é"\\'], ids=lambda pid: pid[:8])
async def test_an_id_that_was_never_given_is_not_taken(stack: Stack, token: str, room: str, pid: str) -> None:
    presented = await leave_room_joined(stack, token, room)
    assert await begins_anew(stack.url, token, room, pid=pid, offset=presented["offset"]) != pid


@pytest.mark.parametrize("offset", [None, "", "x", "x" * 5_000])
async def test_an_offset_that_is_no_cursor_is_not_taken(
    stack: Stack, token: str, room: str, offset: str | None
) -> None:
    presented = await leave_room_joined(stack, token, room)
    await begins_anew(stack.url, token, room, **{**presented, "offset": offset})


async def test_an_offset_of_another_life_of_the_topics_is_not_taken(stack: Stack, token: str, room: str) -> None:
    presented = await leave_room_joined(stack, token, room)
    at = decode(presented["offset"])
    for other in (
        Cursor(at.inbox_epoch, at.inbox_seq, at.topics_epoch + 1, at.topics_seq),
        Cursor(at.inbox_epoch, at.inbox_seq, at.topics_epoch, at.topics_seq + 1_000_000),
    ):
        await begins_anew(stack.url, token, room, **{**presented, "offset": encode(other)})


@pytest.mark.parametrize("field", ["pid", "offset"])
@pytest.mark.parametrize("junk", [1, True, ["x"], {"a": 1}], ids=repr)
async def test_what_is_no_text_is_refused_by_name(stack: Stack, token: str, field: str, junk: object) -> None:
    async with dial(stack.url) as device:
        await device.connect(token, **{field: junk})
        refusal = await device.refusal()
    assert refusal["message"] == f"auth.{field} is not a string"
    assert refusal["data"]["code"] == "INVALID"


async def test_who_said_goodbye_begins_anew(stack: Stack, token: str, room: str) -> None:
    async with join(stack.internal_url("gateway-0"), token) as device:
        assert (await device.call("room:join", room))["ok"]
        presented: dict[str, Any] = {"pid": private_id(device), "offset": device.cursor}
        await device.transport.send("41")
        await device.closed.wait()
    await begins_anew(stack.internal_url("gateway-0"), token, room, **presented)


async def test_a_room_that_was_left_is_not_heard_again(stack: Stack, token: str, room: str) -> None:
    async with join(stack.internal_url("gateway-0"), token) as device:
        assert (await device.call("room:join", room))["ok"]
        assert (await device.call("room:leave", room))["ok"]
        presented: dict[str, Any] = {"pid": private_id(device), "offset": device.cursor}
    async with join(stack.internal_url("gateway-1"), token, **presented) as device:
        assert private_id(device) == presented["pid"]
        assert (await device.call("room:send", {"room": room, "payload": 1}))["ok"]
        assert (await device.call("client:ping"))["ok"]
        assert shown(device) == []


async def test_a_room_of_which_one_is_no_member_any_more_is_closed(
    stack: Stack, token: str, alice: str, room: str
) -> None:
    presented = await leave_room_joined(stack, token, room)
    async with join(stack.internal_url("gateway-1"), stack.token(alice, scope=""), **presented) as device:
        assert private_id(device) == presented["pid"]
        assert await device.expect("topic:closed") == [{"topic": room.replace(":", "."), "code": "FORBIDDEN"}]


async def test_a_cursor_counts_before_an_offset(stack: Stack, act: Act, token: str, alice: str) -> None:
    async with join(stack.url, token) as device:
        cursor, pid = device.cursor, private_id(device)
        await act("producer").notify(alice)
        await device.expect("notification")
        offset = device.cursor
    async with join(stack.url, token, pid=pid, offset=offset, cursor=cursor) as device:
        assert private_id(device) == pid
        await device.expect("notification")
