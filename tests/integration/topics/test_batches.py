"""Messages that gather come as the events that they are: all of them, in order, with one position behind several."""

import asyncio
from typing import Any

import pytest

from tests.integration.topics.conftest import Voice
from tests.support.device import Device, dial, join
from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import Script, running
from tests.support.stack import Stack

MESSAGES = 60


@pytest.fixture
def prices(number: int) -> str:
    """A topic of a family with a window of 20 messages or 100 ms."""
    return f"prices.{number}"


async def say_all(voice: Voice, topic: str, numbers: range) -> None:
    """Say them as fast as both gateways take them; they are stored in any order."""
    for told in await asyncio.gather(*(voice.say(topic, number) for number in numbers)):
        assert told.status == 201


def heard(device: Device) -> list[dict[str, Any]]:
    return [event[1] for event in device.events if event[0] == "topic:message"]


async def hear_all(device: Device) -> list[dict[str, Any]]:
    await device.until(lambda: len(heard(device)) == MESSAGES, "all messages")
    await device.until(lambda: device.events[-1][0] == "position", "the position")
    return heard(device)


def is_in_order(messages: list[dict[str, Any]]) -> bool:
    numbers = [message["seq"] for message in messages]
    return numbers == sorted(set(numbers))


def arrivals(client: Script, name: str) -> list[Any]:
    return [line["values"][0] for line in client.lines if line.get("name") == name]


async def until_heard(client: Script, count: int) -> list[dict[str, Any]]:
    while len(arrivals(client, "topic:message")) < count:
        await client.event("topic:message")
    return arrivals(client, "topic:message")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_family_gathers_at_both_gateways(stack: Stack, voice: Voice, prices: str, transport: str) -> None:
    async with (
        join(stack.internal_url("gateway-0"), stack.token("ann"), transport) as first,
        join(stack.internal_url("gateway-1"), stack.token("ben"), transport) as second,
    ):
        for device in (first, second):
            assert (await device.call("topic:subscribe", {"topic": prices}))["ok"]
            device.events.clear()
        await say_all(voice, prices, range(MESSAGES))
        for device in (first, second):
            messages = await hear_all(device)
            assert is_in_order(messages)
            assert {message["payload"] for message in messages} == set(range(MESSAGES))
            assert sum(event[0] == "position" for event in device.events) <= MESSAGES / 2


async def test_what_is_urgent_comes_behind_what_was_said_before(stack: Stack, voice: Voice, prices: str) -> None:
    async with join(stack.url, stack.token("ann")) as device:
        assert (await device.call("topic:subscribe", {"topic": prices}))["ok"]
        for number in range(5):
            await voice.say(prices, number, priority="urgent" if number == 3 else "normal")
        assert [(await device.expect("topic:message"))[0]["payload"] for _ in range(5)] == [*range(5)]


async def test_a_window_beyond_bounds_is_refused(stack: Stack) -> None:
    async with join(stack.url, stack.token("ann"), batch=False) as device:
        assert "batch" in device.events[0][1]["capabilities"]
    async with dial(stack.url) as device:
        await device.connect(stack.token("ann"), batch={"messages": 1000})
        assert (await device.refusal())["message"].startswith("auth.batch.messages")


async def test_a_stock_client_may_ask_for_a_window_and_takes_what_gathers_as_ever(
    stack: Stack, voice: Voice, node: Node, orders: str
) -> None:
    argument = {"url": stack.url, "token": stack.token("ann"), "batch": {"messages": 50}}
    async with running(node, "follow.js", argument) as client:
        await client.event("connected")
        assert (await client.emit("topic:subscribe", {"topic": orders}))["ok"]
        before = len(arrivals(client, "position"))
        await say_all(voice, orders, range(MESSAGES))
        messages = await until_heard(client, MESSAGES)
        assert is_in_order(messages)
        assert {message["payload"] for message in messages} == set(range(MESSAGES))
        assert len(arrivals(client, "position")) - before <= MESSAGES / 2


async def test_what_had_gathered_at_a_gateway_that_died_comes_at_the_next(private_stack: Stack, node: Node) -> None:
    voice = Voice(Rest(private_stack.url, private_stack.token("producer")))
    argument = {"url": private_stack.url, "token": private_stack.token("ann")}
    async with running(node, "follow.js", argument) as client:
        (greeting,) = await client.event("connected")
        assert (await client.emit("topic:subscribe", {"topic": "prices.1"}))["ok"]
        await say_all(voice, "prices.1", range(30))
        await until_heard(client, 30)
        assert (await voice.say("prices.1", 30)).status == 201
        await private_stack.kill(greeting["serverId"])
        (back,) = await client.event("connected")
        assert back["recovered"]
        await say_all(voice, "prices.1", range(31, 60))
        messages = await until_heard(client, 60)
        assert is_in_order(messages)
        assert {message["payload"] for message in messages} == set(range(60))
