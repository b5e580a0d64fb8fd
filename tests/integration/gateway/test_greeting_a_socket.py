"""A socket is greeted by who it is, what it has not read and where it stands; then every change comes live."""

import asyncio
import json
import time
from typing import Any

import pytest

from notifications.domain.limits import CONNECT_TIMEOUT
from tests.integration.gateway.conftest import Act
from tests.support.device import dial, join
from tests.support.stack import Stack

TRANSPORTS = ["websocket", "polling"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_socket_learns_who_it_is(stack: Stack, alice: str, transport: str) -> None:
    expires = int(time.time()) + 600
    async with dial(stack.internal_url("gateway-1"), transport) as device:
        await device.connect(stack.token(alice, "acme", exp=expires))
        greeting, *rest = await device.expect("connected")
    assert rest == []
    assert (greeting["userId"], greeting["tenant"], greeting["serverId"]) == (alice, "acme", "gateway-1")
    assert greeting["recovered"] is False
    assert greeting["sessionId"].startswith("gateway-1~")
    assert greeting["socketId"] != greeting["sessionId"]
    answer = json.loads(next(packet for packet in device.packets if packet.startswith("40")).removeprefix("40"))
    assert answer == {"sid": greeting["socketId"], "pid": answer["pid"]}
    assert answer["pid"] not in (greeting["socketId"], greeting["sessionId"])
    assert isinstance(greeting["capabilities"], list)
    assert greeting["tokenExpiresAt"] == time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(expires))


async def test_a_fresh_socket_is_shown_the_unread_newest_first_and_then_its_position(
    stack: Stack, act: Act, alice: str
) -> None:
    for number in range(3):
        await act("producer").notify(alice, content=str(number))
    read = (await act(alice).list()).body["notifications"][1]["id"]
    await act(alice).read(read)
    async with join(stack.url, stack.token(alice)) as device:
        (pending,) = await device.expect("notifications:pending")
        (position,) = await device.expect("position")
    assert [shown["content"] for shown in pending["notifications"]] == ["2", "0"]
    assert pending["hasMore"] is False
    assert pending["cursor"] == position
    assert [event[0] for event in device.events] == ["connected", "notifications:pending", "position"]


async def test_fifty_unread_are_shown_and_more_are_announced(stack: Stack, act: Act, alice: str) -> None:
    for number in range(51):
        await act("producer").notify(alice, content=str(number))
    async with join(stack.url, stack.token(alice)) as device:
        (pending,) = await device.expect("notifications:pending")
    assert [shown["content"] for shown in pending["notifications"]] == [str(number) for number in range(50, 0, -1)]
    assert pending["hasMore"] is True


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_sent_comes_live_and_ends_in_the_cursor(
    stack: Stack, act: Act, alice: str, transport: str
) -> None:
    async with join(stack.url, stack.token(alice), transport) as device:
        (placed,) = await act("producer").notify(alice, content="Zoë 🎺")
        shown, cursor = await device.expect("notification")
        assert (shown["id"], shown["content"]) == (placed["id"], "Zoë 🎺")
        assert (shown["prev"], shown["seq"]) == (0, 1)
        assert isinstance(cursor, str)
        assert device.cursor == cursor
        assert (await act(alice).list(after=cursor)).body["notifications"] == []


async def test_every_socket_of_the_recipient_on_every_gateway_is_shown_it_once(
    stack: Stack, act: Act, alice: str, bob: str
) -> None:
    token = stack.token(alice)
    async with (
        join(stack.internal_url("gateway-0"), token) as first,
        join(stack.internal_url("gateway-0"), token) as second,
        join(stack.internal_url("gateway-1"), token, "polling") as third,
        join(stack.internal_url("gateway-1"), stack.token(bob)) as stranger,
    ):
        ids = [(await act("producer").notify(alice))[0]["id"] for _ in range(20)]
        await act("producer").notify(bob, content="for bob")
        await stranger.expect("notification")
        for device in (first, second, third):
            await device.until(lambda: len(device.notifications) >= 20, "twenty notifications")  # noqa: B023
            assert [shown["id"] for shown in device.notifications] == ids
        assert [shown["content"] for shown in stranger.notifications] == ["for bob"]


async def test_each_event_follows_the_one_before_it(stack: Stack, act: Act, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await asyncio.gather(*(act("producer").notify(alice, priority=each) for each in ["low", "high", "normal"] * 10))
        await device.until(lambda: len(device.notifications) >= 30, "thirty notifications")
    assert [shown["seq"] for shown in device.notifications] == list(range(1, 31))
    assert [shown["prev"] for shown in device.notifications] == list(range(30))


async def test_tenants_never_see_each_other(stack: Stack, act: Act, alice: str) -> None:
    async with (
        join(stack.url, stack.token(alice, "one")) as one,
        join(stack.url, stack.token(alice, "other")) as other,
    ):
        for tenant in ("one", "other", "one"):
            await act("producer", tenant=tenant).notify(alice, content=f"for {tenant}")
        await one.until(lambda: len(one.notifications) >= 2, "both notifications")
        await other.expect("notification")
        answer = await other.call("notification:read", one.notifications[0]["id"])
        assert answer["error"]["code"] == "NOT_FOUND"
        assert (await other.call("notification:readAll"))["ok"]
        await one.call("client:ping")
    assert [shown["content"] for shown in one.notifications] == ["for one", "for one"]
    assert [shown["content"] for shown in other.notifications] == ["for other"]
    assert not [event for event in one.events if event[0] == "notification:changed"]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("token", [None, "", "x.y.z", 7, ["a"], {"a": 1}], ids=repr)
async def test_a_socket_without_a_good_token_is_refused(stack: Stack, transport: str, token: object) -> None:
    async with dial(stack.url, transport) as device:
        await device.connect(token)
        refusal = await device.refusal()
    assert refusal["data"]["code"] == "UNAUTHENTICATED"
    assert refusal["message"] == refusal["data"]["message"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_expired_token_is_refused_by_words_that_clients_match(
    stack: Stack, alice: str, transport: str
) -> None:
    async with dial(stack.url, transport) as device:
        await device.connect(stack.token(alice, exp=int(time.time()) - 1))
        assert await device.refusal() == {
            "message": "Token expired",
            "data": {"code": "TOKEN_EXPIRED", "message": "Token expired"},
        }


async def test_what_a_client_says_of_itself_is_in_the_line_of_its_connect_and_nowhere_else(
    stack: Stack, alice: str
) -> None:
    said: dict[str, Any] = {"clientId": f"installation-of-{alice}", "device": {"type": "mobile", "os": "iOS 19"}}
    async with join(stack.internal_url("gateway-0"), stack.token(alice), **said) as device:
        assert (await device.call("client:ping"))["ok"]
    log = [line for line in stack.log("gateway-0").splitlines() if f"installation-of-{alice}" in line]
    (line,) = map(json.loads, log)
    assert (line["event"], line["client_id"], line["device"]) == ("connect", said["clientId"], said["device"])
    assert not any("installation-of" in packet for packet in device.packets)


async def test_who_was_refused_may_try_again_on_the_same_connection(stack: Stack, alice: str) -> None:
    async with dial(stack.url) as device:
        await device.connect("wrong")
        await device.refusal()
        await device.connect(stack.token(alice))
        assert (await device.expect("connected"))[0]["userId"] == alice


async def test_another_namespace_is_refused_under_its_name_and_ours_goes_on(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await device.transport.send('40/other,{"token":"x"}')
        await device.until(lambda: any(packet.startswith("44/other,") for packet in device.packets), "the refusal")
        assert (await device.call("client:ping"))["ok"]


@pytest.mark.slow
async def test_a_connection_without_connect_is_closed(stack: Stack) -> None:
    async def stay_silent(transport: str) -> float:
        begun = time.monotonic()
        async with dial(stack.url, transport) as device:
            await asyncio.wait_for(device.closed.wait(), CONNECT_TIMEOUT + 5)
        return time.monotonic() - begun

    for lasted in await asyncio.gather(*map(stay_silent, TRANSPORTS)):
        assert lasted > CONNECT_TIMEOUT - 0.5
