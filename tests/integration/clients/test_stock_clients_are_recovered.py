"""The official client, unmodified, goes on at another gateway with what it followed, as if nothing had happened."""

import asyncio
from contextlib import suppress
from typing import Any

from aiohttp import ClientError

from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import Script, running
from tests.support.stack import Stack
from tests.support.waiting import eventually

ROOM, TOPIC = "group:crew", "orders.eu.1"


class Speech:
    """Numbers that are said in turn in the room, on the topic and to carol, each until it is accepted."""

    def __init__(self, stack: Stack) -> None:
        self._rest = Rest(stack.url, stack.token("producer"))
        self.said: list[int] = []

    async def say(self, count: int) -> None:
        for _ in range(count):
            number = len(self.said)
            places = [f"topics/{ROOM.replace(':', '.')}/messages", f"topics/{TOPIC}/messages"]
            for path in places:
                await self._insist(f"/api/{path}", {"payload": number, "metadata": {"correlationId": str(number)}})
            body: dict[str, object] = {"recipients": ["carol"], "type": "message", "content": str(number)}
            await self._insist("/api/notifications", body)
            self.said.append(number)

    async def _insist(self, path: str, body: dict[str, object]) -> None:
        """Speak until it is accepted: a connection to a gateway that dies is cut, mostly before it has stored it."""
        async with asyncio.timeout(30):
            while True:
                with suppress(ClientError):
                    if (await self._rest.request("POST", path, json=body)).status == 201:
                        return
                await asyncio.sleep(0.05)


def arrivals(client: Script, name: str) -> list[dict[str, Any]]:
    """Every raw arrival, doubled or not."""
    return [line["values"][0] for line in client.lines if line.get("name") == name]


def heard(client: Script, topic: str) -> list[int]:
    return [shown["payload"] for shown in arrivals(client, "topic:message") if shown["topic"] == topic]


def notified(client: Script) -> list[int]:
    return [int(shown["content"]) for shown in arrivals(client, "notification")]


async def until_shown(client: Script, last: int) -> None:
    while last not in notified(client):
        await client.event("notification")
    while last not in heard(client, TOPIC):
        await client.event("topic:message")


async def connect(client: Script) -> tuple[str, bool]:
    """Return at which gateway the client has come in, and whether it takes itself for recovered."""
    line = await client.happening("connect")
    (greeting,) = await client.event("connected")
    assert greeting["recovered"] == bool(line.get("recovered"))
    return greeting["serverId"], bool(line.get("recovered"))


async def test_a_killed_gateway_costs_a_stock_client_nothing(private_stack: Stack, node: Node) -> None:
    speech = Speech(private_stack)
    token = private_stack.token("carol", groups=["crew"])
    async with running(node, "follow.js", {"url": private_stack.url, "token": token}) as client:
        home, recovered = await connect(client)
        assert not recovered
        assert (await client.emit("room:join", ROOM))["ok"]
        assert (await client.emit("topic:subscribe", {"topic": "orders.eu.*"}))["ok"]
        await speech.say(5)
        await until_shown(client, 4)
        for death in range(2):
            await private_stack.kill(home)
            await speech.say(10)
            came_back = await connect(client)
            assert came_back[0] != home
            assert came_back[1]
            await speech.say(5)
            if death == 0:
                await private_stack.start(home)
            home = came_back[0]
        await until_shown(client, speech.said[-1])
        assert (await client.emit("client:ping"))["ok"]
        assert heard(client, "group.crew") == speech.said
        assert heard(client, TOPIC) == speech.said
        assert notified(client) == speech.said
        assert len(arrivals(client, "notifications:pending")) == 1


async def test_who_was_removed_meanwhile_is_told_and_hears_the_rest(private_stack: Stack, node: Node) -> None:
    producer, speech = Rest(private_stack.url, private_stack.token("producer")), Speech(private_stack)
    member = "/api/rooms/dm:7/members/carol"
    assert (await producer.request("PUT", member)).status == 200
    argument = {"url": private_stack.url, "token": private_stack.token("carol", scope="")}
    async with running(node, "follow.js", argument) as client:
        home, _ = await connect(client)
        assert (await client.emit("room:join", "dm:7"))["ok"]
        assert (await client.emit("topic:subscribe", TOPIC))["ok"]
        await private_stack.kill(home)
        await eventually(lambda: producer_reaches(producer, member), within=30)
        await speech.say(2)
        assert (await connect(client))[1]
        assert await client.event("topic:closed") == [{"topic": "dm.7", "code": "FORBIDDEN"}]
        await until_shown(client, 1)
        assert heard(client, TOPIC) == [0, 1]


async def producer_reaches(producer: Rest, member: str) -> bool:
    with suppress(ClientError):
        return (await producer.request("DELETE", member)).status in (200, 404)
    return False


async def test_with_the_storage_of_nats_gone_a_client_knows_that_it_has_to_begin_anew(
    private_stack: Stack, node: Node
) -> None:
    speech = Speech(private_stack)
    token = private_stack.token("carol", groups=["crew"])
    async with running(node, "follow.js", {"url": private_stack.url, "token": token}) as client:
        home, _ = await connect(client)
        assert (await client.emit("topic:subscribe", TOPIC))["ok"]
        await speech.say(1)
        await until_shown(client, 0)
        await private_stack.kill("nats")
        private_stack.nats.wipe()
        await private_stack.kill(home)
        await private_stack.start("nats")
        assert not (await connect(client))[1]
        assert (await client.emit("topic:subscribe", TOPIC))["ok"]
        await speech.say(1)
        await until_shown(client, 1)
