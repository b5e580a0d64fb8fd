"""Whoever says farewell is let go at once, and forgotten."""

import asyncio

import aiohttp
import pytest

from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.stack import Stack
from tests.support.transport import open_polling
from tests.support.waiting import eventually


async def test_a_poll_that_waits_is_ended_by_the_farewell(stack: Stack) -> None:
    async with open_polling(stack.internal_url("gateway-0")) as polling:
        poll = asyncio.create_task(polling.get())
        assert (await polling.post("3"))[0] == 200
        assert not poll.done()
        assert await polling.post("1") == (200, "OK")
        assert await asyncio.wait_for(poll, 2) == (200, "6")


@pytest.mark.parametrize("farewell", ["41", "1"], ids=["of Socket.IO", "of Engine.IO"])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_the_connection_ends_and_is_counted_no_more(
    stack: Stack, act: Act, alice: str, transport: str, farewell: str
) -> None:
    before = await connections(stack)
    async with join(stack.internal_url("gateway-1"), stack.token(alice), transport) as device:
        assert await connections(stack) == before + 1
        (sid,) = (event[1]["sessionId"] for event in device.events if event[0] == "connected")
        assert await is_known(stack, sid)
        await device.transport.send(farewell)
        await asyncio.wait_for(device.closed.wait(), 5)
        await act("producer").notify(alice)
        assert device.notifications == []

    async def is_forgotten() -> bool:
        # Others may have been left behind, and end meanwhile: so this very one is asked for, too
        return await connections(stack) <= before and not await is_known(stack, sid)

    await eventually(is_forgotten, what="the end of the connection")


async def is_known(stack: Stack, sid: str) -> bool:
    query = {"EIO": "4", "transport": "polling", "sid": sid}
    url = stack.internal_url("gateway-1") + "/socket.io/"
    async with aiohttp.ClientSession() as client, client.options(url, params=query) as answer:
        return answer.status == 200


async def connections(stack: Stack) -> int:
    async with aiohttp.ClientSession() as client, client.get(stack.management_url("gateway-1") + "/load") as answer:
        count: int = (await answer.json())["connections"]
        return count
