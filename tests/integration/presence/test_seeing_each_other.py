"""Presence over two gateways: who shares a dm or a group sees who comes, goes and turns away."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from notifications.domain.limits import PRESENCE_GRACE
from tests.integration.presence.conftest import Token
from tests.support.device import Device, join
from tests.support.rest import Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

FIRST, SECOND = "gateway-0", "gateway-1"


async def enter(device: Device, room: str) -> None:
    assert (await device.call("room:join", room))["ok"]


def seen(device: Device) -> list[list[Any]]:
    """What was shown of presence: events with whom they name, and how."""
    named = [event for event in device.events if event[0].startswith("presence:")]
    return [
        [event[0], event[1]] if isinstance(event[1], str) else [event[0], event[1]["userId"], event[1]["status"]]
        for event in named
    ]


async def test_who_joins_a_dm_is_seen_at_the_other_gateway_and_gone_when_the_connection_is(
    stack: Stack, group: str
) -> None:
    dm, producer = f"dm:{group}", Rest(stack.url, stack.token("producer"))
    for user in ("ann", "ben"):
        assert (await producer.request("PUT", f"/api/rooms/{dm}/members/{user}")).status == 200
    async with join(stack.internal_url(SECOND), stack.token("ben", scope="")) as ben:
        assert "presence" in (ben.events[0][1]["capabilities"])
        await enter(ben, dm)
        async with join(stack.internal_url(FIRST), stack.token("ann", scope="")) as ann:
            await enter(ann, dm)
            user, cursor = await ben.expect("presence:user:online")
            assert (user, type(cursor)) == ("ann", str)
            assert (await ann.expect("presence:user:online"))[0] == "ben"
        user, cursor = await ben.expect("presence:user:offline")
        assert (user, type(cursor)) == ("ann", str)
        changes = [event[1] for event in ben.events if event[0] == "presence:changed"]
        assert [(change["userId"], change["status"]) for change in changes] == [("ann", "online"), ("ann", "offline")]
        assert changes[0]["lastSeenAt"] < changes[1]["lastSeenAt"]


async def test_a_status_is_seen_as_it_changes(stack: Stack, token: Token, room: str) -> None:
    async with (
        join(stack.internal_url(FIRST), token("ann")) as ann,
        join(stack.internal_url(SECOND), token("ben")) as ben,
    ):
        await enter(ann, room)
        await enter(ben, room)
        await ben.expect("presence:changed")
        for update, status in [("away", "away"), ({"status": "offline"}, "offline"), ("online", "online")]:
            assert await ann.call("presence:update", update) == {"ok": True, "status": status}
            (change, _) = await ben.expect("presence:changed")
            assert (change["userId"], change["status"]) == ("ann", status)
        assert seen(ben) == [
            ["presence:user:online", "ann"], ["presence:changed", "ann", "online"],
            ["presence:changed", "ann", "away"],
            ["presence:user:offline", "ann"], ["presence:changed", "ann", "offline"],
            ["presence:user:online", "ann"], ["presence:changed", "ann", "online"],
        ]  # fmt: skip


async def test_who_reconnects_at_another_gateway_was_never_gone(stack: Stack, token: Token, room: str) -> None:
    async with join(stack.internal_url(SECOND), token("ben")) as ben, AsyncExitStack() as later:
        await enter(ben, room)
        async with join(stack.internal_url(FIRST), token("ann")) as ann:
            await enter(ann, room)
            await ben.expect("presence:user:online")
        again = await later.enter_async_context(join(stack.internal_url(SECOND), token("ann")))
        await enter(again, room)
        async with join(stack.internal_url(FIRST), token("cay")) as cay:
            await enter(cay, room)
            await ben.until(lambda: ["presence:user:online", "cay"] in seen(ben), "cay")
        await ben.until(lambda: ["presence:user:offline", "cay"] in seen(ben), "that cay left, later than ann did")
        assert [event for event in seen(ben) if event[1] == "ann"] == [
            ["presence:user:online", "ann"], ["presence:changed", "ann", "online"],
        ]  # fmt: skip


async def test_who_shares_no_room_or_is_of_another_tenant_sees_nothing(stack: Stack, token: Token, room: str) -> None:
    async with (
        join(stack.internal_url(SECOND), token("ben")) as ben,
        join(stack.internal_url(SECOND), token("eve", tenant="other")) as eve,
        join(stack.internal_url(SECOND), token("dan")) as dan,
        join(stack.internal_url(FIRST), token("ann")) as ann,
    ):
        await enter(ben, room)
        await enter(eve, room)
        await enter(ann, room)
        await ben.expect("presence:user:online")
        await ann.call("presence:update", "away")
        await ben.until(lambda: ["presence:changed", "ann", "away"] in seen(ben), "away")
        for stranger in (eve, dan):
            await stranger.call("client:ping")
            assert seen(stranger) == []


async def test_who_may_join_a_room_can_read_who_is_in_it_at_any_gateway(stack: Stack, token: Token, room: str) -> None:
    async with (
        join(stack.internal_url(FIRST), token("ann")) as ann,
        join(stack.internal_url(SECOND), token("ben")) as ben,
    ):
        await enter(ann, room)
        await enter(ben, room)
        await ben.call("presence:update", "away")
        path = f"/api/rooms/{room}/presence"
        reader = Rest(stack.url, token("cay"))
        await eventually(lambda: is_read(reader, path, [("ann", "online"), ("ben", "away")]))
        page = (await Rest(stack.url, token("cay")).request("GET", path, params={"limit": 1})).body
        assert ([user["userId"] for user in page["users"]], page["hasMore"]) == (["ann"], True)
        rest = (await Rest(stack.url, token("cay")).request("GET", path, params={"after": "ann"})).body
        assert ([user["userId"] for user in rest["users"]], rest["hasMore"]) == (["ben"], False)


async def is_read(reader: Rest, path: str, expected: list[tuple[str, str]]) -> bool:
    """Ask often enough that each of the gateways behind the address has answered."""
    answers = await asyncio.gather(*(reader.request("GET", path) for _ in range(12)))
    return all([(user["userId"], user["status"]) for user in answer.body["users"]] == expected for answer in answers)


@pytest.mark.parametrize(
    ("path", "code"),
    [("dm:strangers", "FORBIDDEN"), ("group:other", "FORBIDDEN"), ("post:1", "INVALID"), ("group:*", "INVALID")],
)
async def test_others_cannot_read_it(stack: Stack, token: Token, path: str, code: str) -> None:
    answer = await Rest(stack.url, token("ann")).request("GET", f"/api/rooms/{path}/presence")
    assert (answer.status, answer.body["code"]) == ({"FORBIDDEN": 403, "INVALID": 400}[code], code)


@pytest.mark.parametrize("update", ["busy", {"status": 1}, {}, None, ["online"], {"state": "away"}])
async def test_what_is_no_status_is_refused(stack: Stack, token: Token, update: object) -> None:
    async with join(stack.url, token("ann")) as ann:
        answer = await ann.call("presence:update", update)
        assert (answer["ok"], answer["error"]["code"]) == (False, "INVALID")


async def test_who_joins_and_leaves_at_once_is_not_left_behind(stack: Stack, token: Token, room: str) -> None:
    for number in range(20):
        async with join(stack.internal_url(FIRST), token(f"brief-{number}")) as brief:
            await brief.emit("room:join", room)
    reader = Rest(stack.url, token("cay"))
    await eventually(lambda: is_read(reader, f"/api/rooms/{room}/presence", []), within=4 * PRESENCE_GRACE)
