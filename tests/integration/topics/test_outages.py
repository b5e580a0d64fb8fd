"""Gateways die, NATS restarts and loses its storage: what was said is shown once and in order, or said to be lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from aiohttp import ClientError

from tests.integration.topics.conftest import Voice
from tests.support.device import Device, join
from tests.support.rest import Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

TOPIC = "orders.outage"


def payloads(device: Device) -> list[int]:
    return [event[1]["payload"] for event in device.events if event[0] == "topic:message"]


def has_shown(device: Device, numbers: list[int]) -> bool:
    return set(numbers) <= set(payloads(device))


def has_grown(numbers: list[int], since: int) -> bool:
    return len(numbers) > since + 20


@asynccontextmanager
async def speaking(stack: Stack, accepted: list[int]) -> AsyncIterator[None]:
    """Say one number after the other until the block ends, keeping those that were answered with 201."""
    voice = Voice(Rest(stack.url, stack.token("producer")))

    async def speak() -> None:
        number = 0
        while True:
            number += 1
            with suppress(ClientError):  # from a gateway that was killed: it may have been stored or not
                if (await voice.say(TOPIC, number)).status == 201:
                    accepted.append(number)

    speaking = asyncio.create_task(speak())
    try:
        yield
    finally:
        speaking.cancel()
        await asyncio.wait([speaking])
        assert speaking.cancelled() or not speaking.exception(), speaking.exception()


async def test_nothing_that_was_accepted_is_missed_when_nats_restarts_under_load(private_stack: Stack) -> None:
    accepted: list[int] = []
    token = private_stack.token("ann")
    async with (
        join(private_stack.internal_url("gateway-0"), token) as first,
        join(private_stack.internal_url("gateway-1"), token) as second,
    ):
        for device in (first, second):
            await device.call("topic:subscribe", TOPIC)
        async with speaking(private_stack, accepted):
            for _ in range(2):
                await eventually(partial(has_grown, accepted, len(accepted)), within=30)
                await private_stack.kill("nats")
                await private_stack.start("nats")
            told = len(accepted)
            await eventually(lambda: len(accepted) > told + 20, within=30)
        for device in (first, second):
            await eventually(partial(has_shown, device, accepted), within=30)
            shown = payloads(device)
            assert shown == sorted(set(shown)), "doubled or out of order"


async def test_a_log_that_was_wiped_is_told_and_goes_on(private_stack: Stack) -> None:
    accepted: list[int] = []
    async with join(private_stack.internal_url("gateway-0"), private_stack.token("ann")) as device:
        since = (await device.call("topic:subscribe", TOPIC))["cursor"]
        async with speaking(private_stack, accepted):
            await eventually(lambda: len(accepted) > 20, within=30)
            await private_stack.kill("nats")
            private_stack.nats.wipe()
            before = len(accepted)
            await private_stack.start("nats")
            await eventually(lambda: len(accepted) > before + 20, within=30)
        after = accepted[before:]
        await eventually(lambda: set(after) <= set(payloads(device)), within=30)
        gaps = [event[1] for event in device.events if event[0] == "topic:gap"]
        assert gaps == [{"topic": TOPIC, "reason": "epoch"}]
        shown = payloads(device)
        assert shown == sorted(set(shown)), "doubled or out of order"
        assert not (await device.call("topic:subscribe", {"topic": TOPIC, "since": since}))["recovered"]


async def test_a_client_of_a_killed_gateway_is_shown_the_rest_by_the_other(private_stack: Stack) -> None:
    accepted: list[int] = []
    token = private_stack.token("ann")
    async with speaking(private_stack, accepted):
        async with join(private_stack.internal_url("gateway-0"), token) as device:
            since = (await device.call("topic:subscribe", TOPIC))["cursor"]
            begun = len(accepted)
            await eventually(lambda: len(payloads(device)) > 20, within=30)
            await private_stack.kill("gateway-0")
            await asyncio.wait_for(device.closed.wait(), 10)
        told = len(accepted)
        await eventually(lambda: len(accepted) > told + 20, within=30)
    shown, presented = payloads(device), device.cursor
    assert presented != since
    async with join(private_stack.internal_url("gateway-1"), token, cursor=presented) as device:
        assert (await device.call("topic:subscribe", {"topic": TOPIC, "since": presented}))["recovered"]
        await eventually(partial(has_shown, device, accepted[told:]), within=30)
        shown += payloads(device)
    assert shown == sorted(set(shown)), "doubled or out of order"
    assert set(accepted[begun + 1 :]) <= set(shown)
