"""A user has five connections over both gateways, as many as are configured, and the sixth ends the first for good."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import Device, join
from tests.support.stack import Stack

TRANSPORTS = ("websocket", "polling")

SETTLED = 2.0


async def ends(device: Device) -> float:
    """Wait for the farewell and return how long that took."""
    begun = time.monotonic()
    (told,) = await device.expect("error", within=SETTLED + 3)
    assert told["code"] == "CONNECTION_LIMIT"
    await asyncio.wait_for(device.closed.wait(), 5)
    assert "41" in device.packets, "a Socket.IO disconnect, or a stock client would come back"
    return time.monotonic() - begun


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_sixth_connection_ends_the_first_at_the_other_gateway(
    stack: Stack, alice: str, transport: str, capsys: pytest.CaptureFixture[str]
) -> None:
    urls, token = [stack.internal_url(f"gateway-{number}") for number in range(2)], stack.token(alice)
    async with AsyncExitStack() as devices, join(urls[0], stack.token(alice, "another-tenant")) as namesake:
        first = await devices.enter_async_context(join(urls[0], token, transport))
        others = [await devices.enter_async_context(join(urls[number % 2], token, transport)) for number in range(4)]
        await asyncio.sleep(1)  # nothing must happen, so there is nothing to wait for
        assert not first.closed.is_set()
        sixth = await devices.enter_async_context(join(urls[1], token, transport))
        took = await ends(first)
        assert took < SETTLED
        for device in (*others, sixth, namesake):
            assert (await device.call("client:ping"))["ok"]
    with capsys.disabled():
        print(f"\nthe first of six connections ended {took:.2f} s after the sixth was greeted")


async def test_many_at_once_at_both_gateways_come_down_to_five(stack: Stack, alice: str) -> None:
    token = stack.token(alice)
    async with AsyncExitStack() as devices:
        joins = (join(stack.internal_url(f"gateway-{number % 2}"), token) for number in range(12))
        crowd = await asyncio.gather(*(devices.enter_async_context(each) for each in joins))
        # Who is left is known when every gateway has asked
        await asyncio.sleep(SETTLED)
        left = [device for device in crowd if not device.closed.is_set()]
        assert [(await device.call("client:ping"))["ok"] for device in left] == [True] * 5


async def test_the_limit_is_configured(stack: Stack, alice: str) -> None:
    token = stack.token(alice)
    async with (
        run_lone_gateway(stack, "strict-gateway", limits={"connectionsPerUser": 1}) as strict,
        join(strict.internal_url, token) as first,
        join(strict.internal_url, token),
    ):
        assert await ends(first) < 1
