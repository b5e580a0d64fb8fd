"""python-socketio's AsyncClient in its default options works like the official one."""

import asyncio
from typing import Any

import pytest
import socketio

from tests.support.rest import Rest
from tests.support.stack import Stack


@pytest.mark.parametrize("transports", [None, ["polling"], ["websocket"]], ids=["default", "polling", "websocket"])
async def test_it_receives_what_is_posted_over_rest(
    stack: Stack, producer: Rest, carol: str, transports: list[str] | None
) -> None:
    arrived: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    client.on("*", lambda name, *values: arrived.put_nowait((name, values)))
    await client.connect(stack.url, auth={"token": stack.token(carol)}, transports=transports)
    try:
        async with asyncio.timeout(20):
            assert [(await arrived.get())[0] for _ in range(3)] == ["connected", "notifications:pending", "position"]
            await producer.notify(carol, content="Zoë 🎺")
            name, (shown, cursor) = await arrived.get()
            assert (name, shown["content"]) == ("notification", "Zoë 🎺")
            assert isinstance(cursor, str)
            assert (await client.call("notification:read", shown["id"])) == {"ok": True, "unread": 0}
            name, (change, _) = await arrived.get()
            assert (name, change["kind"]) == ("notification:changed", "read")
    finally:
        await client.disconnect()


async def test_it_is_told_why_it_is_refused(stack: Stack) -> None:
    client = socketio.AsyncClient(reconnection=False)
    refusals: list[Any] = []
    client.on("connect_error", refusals.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(stack.url, auth={"token": "wrong"})
    await client.disconnect()
    assert refusals[0]["data"]["code"] == "UNAUTHENTICATED"
