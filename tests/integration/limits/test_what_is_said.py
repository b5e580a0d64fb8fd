"""How much may be said and followed, at each of two gateways."""

import asyncio
import json
from typing import Any

import pytest

from notifications.domain.limits import MAX_FILTER_PATHS, MAX_FOLLOWED, MAX_PACKET, MAX_TOPIC_MESSAGE
from tests.support.device import dial, join
from tests.support.rest import Rest
from tests.support.stack import Stack
from tests.support.transport import open_polling

GATEWAYS = ["gateway-0", "gateway-1"]


def code(answer: dict[str, Any]) -> str | None:
    return None if answer["ok"] else str(answer["error"]["code"])


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_a_socket_follows_a_hundred_topics_and_no_more(stack: Stack, gateway: str) -> None:
    topics = [f"orders.many.{number}" for number in range(MAX_FOLLOWED)]
    async with join(stack.internal_url(gateway), stack.token(f"follower-{gateway}")) as device:
        assert len((await device.call("subscriptions:sync", {"subscriptions": topics}))["active"]) == MAX_FOLLOWED
        assert code(await device.call("topic:subscribe", "orders.one-more")) == "TOO_LARGE"
        assert code(await device.call("subscriptions:sync", {"subscriptions": [*topics, "orders.x"]})) == "TOO_LARGE"
        assert code(await device.call("topic:subscribe", topics[0])) is None, "what is followed already is no more"
        await device.call("topic:unsubscribe", {"topic": topics[0]})
        assert code(await device.call("topic:subscribe", "orders.one-more")) is None


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_names_and_filters_are_bounded(stack: Stack, gateway: str) -> None:
    wishes: list[tuple[object, str | None]] = [
        ("orders" + ".a" * 7, None),
        ("orders" + ".a" * 8, "INVALID"),
        ("orders." + "x" * 150, None),
        ("orders." + "x" * 200, "TOO_LARGE"),
        ("orders..a", "INVALID"),
        ({"topic": "orders", "filter": {str(number): [1] for number in range(MAX_FILTER_PATHS)}}, None),
        ({"topic": "orders", "filter": {str(number): [1] for number in range(MAX_FILTER_PATHS + 1)}}, "TOO_LARGE"),
    ]
    async with join(stack.internal_url(gateway), stack.token(f"namer-{gateway}")) as device:
        assert [code(await device.call("topic:subscribe", wish)) for wish, _ in wishes] == [want for _, want in wishes]


async def test_a_message_of_32_kib_is_heard_whole_at_both_and_a_larger_one_refused(stack: Stack) -> None:
    async with (
        join(stack.internal_url("gateway-0"), stack.token("hearer")) as first,
        join(stack.internal_url("gateway-1"), stack.token("hearer")) as second,
    ):
        for device in (first, second):
            assert (await device.call("topic:subscribe", "orders.large"))["ok"]
        rest, large = Rest(stack.url, stack.token("producer")), "x" * (MAX_TOPIC_MESSAGE - 400)
        for payload, status in ((large, 201), (large + "x" * 400, 413)):
            answer = await rest.request("POST", "/api/topics/orders.large/messages", json={"payload": payload})
            assert answer.status == status
        for device in (first, second):
            assert (await device.expect("topic:message"))[0]["payload"] == large


UNWELCOME = {
    "a binary event": '451-["client:ping",{"_placeholder":true,"num":0}]',
    "a binary event without attachments": '450-["client:ping"]',
    "a binary event of ten billion": '459999999999-["client:ping"]',
    "nine levels": '42["client:ping",' + "[" * 9 + "]" * 9 + "]",
}


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("packet", UNWELCOME.values(), ids=UNWELCOME)
async def test_three_unwelcome_packets_end_a_connection(stack: Stack, gateway: str, packet: str) -> None:
    async with join(stack.internal_url(gateway), stack.token(f"odd-{gateway}")) as device:
        for _ in range(3):
            await device.transport.send(packet)
            (told,) = await device.expect("error")
            assert (told["code"], "event" in told) == ("INVALID", False)
        await asyncio.wait_for(device.closed.wait(), 5)


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_bytes_and_larger_packets_end_a_websocket_and_are_no_body_of_a_poll(stack: Stack, gateway: str) -> None:
    url = stack.internal_url(gateway)
    for packet in (b"\x04", "4" + "x" * MAX_PACKET):
        async with dial(url) as device:
            await device.transport.send(packet)
            await asyncio.wait_for(device.closed.wait(), 5)
    async with open_polling(url) as polling:
        assert (await polling.post("4" + "x" * MAX_PACKET))[0] == 413
        assert (await polling.post("\x1e".join(["6"] * 17)))[0] in {400, 413}
        await polling.send("40" + json.dumps({"token": stack.token("poller")}))


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_names_of_events_are_those_of_the_contract(stack: Stack, gateway: str) -> None:
    async with join(stack.internal_url(gateway), stack.token(f"caller-{gateway}")) as device:
        answer = await device.call("x" * 1000)
        assert (code(answer), "x" * 65 in answer["error"]["message"]) == ("INVALID", False)
