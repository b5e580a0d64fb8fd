"""The official socket.io-client, unmodified and in its default options, just works."""

import asyncio
import time

import aiohttp
import pytest

from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import running
from tests.support.stack import Stack


async def test_it_receives_what_is_posted_over_rest(stack: Stack, node: Node, producer: Rest, carol: str) -> None:
    async with running(node, "follow.js", {"url": stack.url, "token": stack.token(carol)}) as client:
        (greeting,) = await client.event("connected")
        assert greeting["userId"] == carol
        (pending,) = await client.event("notifications:pending")
        assert pending["notifications"] == []
        assert (await client.happening("upgrade"))["transport"] == "websocket"
        (placed,) = await producer.notify(carol, content="Zoë 🎺", metadata={"a": [1]})
        shown, cursor = await client.event("notification")
        assert (shown["id"], shown["content"], shown["metadata"]) == (placed["id"], "Zoë 🎺", {"a": [1]})
        assert isinstance(cursor, str)
        assert not [line for line in client.lines if line["what"] in {"connect_error", "disconnect"}]


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["websocket", "polling"]], ids="+".join)
async def test_it_works_over_each_transport(
    stack: Stack, node: Node, producer: Rest, carol: str, transports: list[str]
) -> None:
    # A polling client would meet both gateways; with one address it would not
    argument = {"url": stack.url, "token": stack.token(carol), "options": {"transports": transports}}
    async with running(node, "follow.js", argument) as client:
        await client.event("notifications:pending")
        contents = [str(number) for number in range(20)]
        for content in contents:
            await producer.notify(carol, content=content)
        assert [(await client.event("notification"))[0]["content"] for _ in contents] == contents


async def test_its_acknowledgements_arrive(stack: Stack, node: Node, producer: Rest, carol: str) -> None:
    (placed,) = await producer.notify(carol)
    async with running(node, "follow.js", {"url": stack.url, "token": stack.token(carol)}) as client:
        await client.event("notifications:pending")
        assert (await client.emit("client:ping"))["ok"]
        assert await client.emit("notification:read", placed["id"]) == {"ok": True, "unread": 0}
        failure = await client.emit("no:such:event")
        assert (failure["ok"], failure["error"]["code"]) == (False, "INVALID")


async def test_it_is_told_that_its_token_expired(stack: Stack, node: Node, carol: str) -> None:
    expired = stack.token(carol, exp=int(time.time()) - 1)
    async with running(node, "follow.js", {"url": stack.url, "token": expired}) as client:
        line = await client.happening("connect_error")
    assert line["message"] == "Token expired"
    assert line["data"] == {"code": "TOKEN_EXPIRED", "message": "Token expired"}


async def test_another_namespace_is_refused_by_name(stack: Stack, node: Node, carol: str) -> None:
    async with running(node, "follow.js", {"url": f"{stack.url}/other", "token": stack.token(carol)}) as client:
        line = await client.happening("connect_error")
    assert line["message"] == "Invalid namespace"


async def test_it_comes_back_after_the_death_of_its_gateway_and_misses_nothing(
    private_stack: Stack, node: Node
) -> None:
    stack = private_stack
    producer = Rest(stack.url, stack.token("producer"))
    argument = {"url": stack.url, "token": stack.token("carol"), "keepsCursor": True}
    async with running(node, "follow.js", argument) as client:
        (greeting,) = await client.event("connected")
        await client.happening("upgrade")
        seen: list[str] = []
        for number in range(30):
            if number == 10:
                await stack.kill(greeting["serverId"])
            await producer_insists(producer, str(number))
        while len(seen) < 30:
            shown, _ = await client.event("notification")
            seen.append(shown["content"])
    assert seen == [str(number) for number in range(30)]
    connects = [line["values"][0] for line in client.lines if line.get("name") == "connected"]
    assert [connect["recovered"] for connect in connects] == [False, True]
    assert connects[1]["serverId"] != greeting["serverId"]


async def producer_insists(producer: Rest, content: str) -> None:
    """Send with a key until it is accepted: a connection to a gateway that dies is cut."""
    body = {"recipients": ["carol"], "type": "message", "content": content}
    async with asyncio.timeout(30):
        while True:
            try:
                if (await producer.post(body, content)).status == 201:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
