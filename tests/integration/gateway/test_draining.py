"""A gateway that is told to stop moves its clients to the others, and nobody misses anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.support.device import Device, join
from tests.support.rest import Rest
from tests.support.stack import Stack, run_stack
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # a gateway waits ten seconds for load balancers before it moves anybody

CLIENTS = 12


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status


async def move(stack: Stack, device: Device, token: str) -> list[int]:
    """Do what a client does that is told to move: come back with its cursor; return all that it was shown."""
    (moving,) = await device.expect("server:moving", within=30)
    assert 0 < moving["retryAfter"] <= 2
    await asyncio.wait_for(device.closed.wait(), 10)
    seen = [shown["seq"] for shown in device.notifications]
    while True:
        async with join(stack.url, token, cursor=device.cursor) as device:
            while not seen or seen[-1] < 100:
                count = len(device.notifications)
                await device.until(lambda: len(device.notifications) > count, "more", within=20)  # noqa: B023
                seen += [shown["seq"] for shown in device.notifications[count:]]
            assert device.events[0][1]["serverId"] == "gateway-1"
            return seen


async def joined(stack: Stack, exits: AsyncExitStack, count: int) -> AsyncIterator[tuple[Device, str]]:
    """Connect users through the shared port and yield those that gateway-0 got."""
    for number in range(count):
        token = stack.token(f"user-{number}")
        device = await exits.enter_async_context(join(stack.url, token))
        if device.events[0][1]["serverId"] == "gateway-0":
            yield device, token


async def test_clients_are_moved_and_miss_nothing(private_stack: Stack) -> None:
    stack = private_stack
    producer = Rest(stack.url, stack.token("producer"))
    users = [f"user-{number}" for number in range(CLIENTS)]

    async def send() -> None:
        for number in range(100):
            key = f"key-{number}"
            body = {"recipients": users, "type": "message", "content": str(number)}
            while (await _post(producer, body, key)) != 201:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.12)

    async with AsyncExitStack() as exits:
        devices = [pair async for pair in joined(stack, exits, CLIENTS)]
        assert devices, "the kernel gave gateway-0 none of the connections"
        sending = asyncio.create_task(send())
        moves = [asyncio.create_task(move(stack, device, token)) for device, token in devices]
        readyz, load = (stack.management_url("gateway-0") + path for path in ("/readyz", "/load"))
        assert await status(readyz) == 200
        stopping = asyncio.create_task(stack.stop("gateway-0"))
        # The process is told by signal, so its end is watched from outside: unready first, clients after that
        await eventually(lambda: _is_unready(readyz), what="an unready gateway")
        assert await status(stack.management_url("gateway-0") + "/healthz") == 200
        async with aiohttp.ClientSession() as client, client.get(load) as answer:
            report = await answer.json()
        assert report["draining"] is True
        assert report["remaining"] == report["connections"] == len(devices)
        assert not any(device.closed.is_set() for device, _ in devices)
        seen = await asyncio.gather(*moves)
        await asyncio.gather(stopping, sending)
    assert seen == [list(range(1, 101))] * len(devices)
    assert await status(stack.management_url("gateway-1") + "/readyz") == 200
    assert "Traceback" not in stack.log("gateway-0")


async def test_the_only_gateway_ends_at_once(tmp_path: Path) -> None:
    async with run_stack(tmp_path, gateways=1) as stack, join(stack.url, stack.token("alice")) as device:
        async with asyncio.timeout(8):
            await asyncio.gather(stack.stop("gateway-0"), device.expect("server:moving"))
        await asyncio.wait_for(device.closed.wait(), 5)


async def _post(producer: Rest, body: object, key: str) -> int:
    """A gateway that stops listening may cut a request short; the key makes repeating it safe."""
    try:
        return (await producer.post(body, key)).status
    except aiohttp.ClientError:
        return 0


async def _is_unready(url: str) -> bool:
    return await status(url) == 503
