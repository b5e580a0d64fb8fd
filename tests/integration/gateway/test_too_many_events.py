"""A user sends a hundred events a minute, whichever gateways they go to; what clients do to keep up is not counted."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import Device, join
from tests.support.stack import Stack

LIMIT = 100
TOLERATED = 110
KNOWN = 2.5
"""Seconds after a connect by which the gateways know of each other, and of what each let through before."""


async def flood(device: Device, count: int) -> Counter[str]:
    """Send events at once and return how they were answered."""
    answers = await asyncio.gather(*(device.call("room:leave", "group:absent") for _ in range(count)))
    for answer in answers:
        if not answer["ok"]:
            assert answer["error"]["code"] == "RATE_LIMIT", answer
            assert 1 <= answer["error"]["retryAfter"] <= 61
    return Counter("served" if answer["ok"] else "refused" for answer in answers)


async def test_two_gateways_together_serve_a_hundred_events_and_say_how_long_to_wait(
    stack: Stack, alice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncExitStack() as devices:
        urls = [stack.internal_url(f"gateway-{number}") for number in range(2)]
        each = [await devices.enter_async_context(join(url, stack.token(alice))) for url in urls]
        other = await devices.enter_async_context(join(urls[0], stack.token(alice, "another-tenant")))
        await asyncio.sleep(KNOWN)
        total, turns = 0, []
        for _ in range(25):
            served = [(await flood(device, 60))["served"] for device in each]
            total += sum(served)
            turns.append(tuple(served))
            await asyncio.sleep(1)
        assert LIMIT * 0.9 <= total <= TOLERATED, turns
        assert (await other.call("room:leave", "group:absent"))["ok"]
        for device in each:
            for free in ("client:ping", "subscriptions:sync"):
                arguments: list[Any] = [{"subscriptions": []}] if free == "subscriptions:sync" else []
                assert (await device.call(free, *arguments))["ok"]
    with capsys.disabled():
        print(f"\n{total} events of one user were served by two gateways that were flooded for 25 s")


async def test_without_an_acknowledgement_the_refusal_is_an_error_event_and_the_limit_is_configured(
    stack: Stack, alice: str
) -> None:
    async with (
        run_lone_gateway(stack, "strict-gateway", limits={"eventsPerMinute": 3}) as strict,
        join(strict.internal_url, stack.token(alice)) as device,
    ):
        await asyncio.sleep(KNOWN)
        for _ in range(4):
            await device.transport.send('42["room:leave","group:absent"]')
        (told,) = await device.expect("error", within=5)
        assert (told["code"], told["event"]) == ("RATE_LIMIT", "room:leave")
        assert 1 <= told["retryAfter"] <= 61
        assert (await device.call("client:ping"))["ok"]


async def test_who_has_just_come_may_send_a_hundred_at_once(stack: Stack, alice: str) -> None:
    async with join(stack.internal_url("gateway-0"), stack.token(alice)) as device:
        assert await flood(device, LIMIT) == {"served": LIMIT}
        assert await flood(device, 1) == {"refused": 1}


async def test_who_comes_back_to_another_gateway_has_not_another_hundred(stack: Stack, alice: str) -> None:
    first, second = (stack.internal_url(f"gateway-{number}") for number in range(2))
    async with join(first, stack.token(alice)) as device:
        await asyncio.sleep(KNOWN)
        served = (await flood(device, 150))["served"]
    await asyncio.sleep(KNOWN)
    async with join(second, stack.token(alice)) as device:
        await asyncio.sleep(KNOWN)
        served += (await flood(device, 150))["served"]
    assert LIMIT <= served <= TOLERATED
