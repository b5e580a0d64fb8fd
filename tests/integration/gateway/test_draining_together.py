"""Two of three gateways stop together: the third is spared, and nobody misses anything or is shown it twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.follower import Follower, following
from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import Script, running
from tests.support.stack import Stack, run_stack
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # gateways wait ten seconds for load balancers before they move anybody

TOPIC = "orders.eu"
EACH = 30  # clients of a kind
BUDGET = 10
ALL = "everything once, in order"
LATE = 1.5  # what a busy machine and the edges of a second may add: without sharing it would be 2


@asynccontextmanager
async def run_gateways(folder: Path, count: int, **settings: object) -> AsyncIterator[Stack]:
    """Run so many with these settings."""
    async with run_stack(folder, gateways=0) as stack:
        config = stack.config("gateway")
        config.write_text(json.dumps({**json.loads(config.read_text()), **settings}))
        await asyncio.gather(*(stack.start(f"gateway-{number}") for number in range(count)))
        yield stack


def busiest_two_seconds(moves: Sequence[float]) -> int:
    """Count what one second brought late to the next in the window of both."""
    return max(sum(begin <= each < begin + 2 for each in moves) for begin in moves)


def compare(shown: Sequence[str], said: Sequence[str]) -> str:
    """Say in few words what a client was shown of what was said."""
    doubled = [each for each, times in Counter(shown).items() if times > 1]
    if missed := [each for each in said if each not in shown] + doubled:
        return f"missed or doubled: {missed}"
    return ALL if shown == said else f"out of order: {shown}"


async def insist(rest: Rest, path: str, body: dict[str, object], key: str) -> None:
    """Send until it is accepted: a gateway that stops may cut a request short, mostly before it has read it."""
    while True:
        with suppress(aiohttp.ClientError):
            if (await rest.request("POST", path, json=body, headers={"Idempotency-Key": key})).status == 201:
                return
        await asyncio.sleep(0.05)


class Speech:
    """Numbers, said to all users and on the topic until told to stop."""

    def __init__(self, stack: Stack, users: Sequence[str]) -> None:
        self.said = 0
        self.is_over = False
        self._rest = Rest(stack.url, stack.token("producer"))
        self._users = users

    async def run(self) -> None:
        while not self.is_over:
            content = str(self.said)
            body: dict[str, object] = {"recipients": self._users, "type": "message", "content": content}
            await insist(self._rest, "/api/notifications", body, content)
            await insist(self._rest, f"/api/topics/{TOPIC}/messages", {"payload": content}, content)
            self.said += 1
            await asyncio.sleep(0.1)

    @property
    def all(self) -> list[str]:
        return [str(number) for number in range(self.said)]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clients of both kinds: stock ones in Node, and devices that come back with their cursor."""

    script: Script
    devices: Sequence[Follower]

    async def follow(self) -> bool:
        """Whether all stock clients follow the topic."""
        return bool((await self.script.emit("count"))["follow"] == EACH)

    async def has_heard(self, count: int) -> bool:
        """Whether everybody has had so many notifications, and messages of the topic if it follows that."""
        stock: int = (await self.script.emit("count"))["heard"]
        return min([stock, *(len(device.arrivals) for device in self.devices)]) >= count

    async def moves(self) -> list[float]:
        """When clients were told to move, in seconds since 1970."""
        stock = (await self.script.emit("count"))["moved"]
        return sorted([*stock, *(time for device in self.devices for time in device.moved)])

    async def stock(self) -> list[Any]:
        """What each stock client was shown, and how it came back."""
        await self.script.emit("show")
        return [line for line in self.script.lines if line["what"] == "client"]


@asynccontextmanager
async def gather_crowd(stack: Stack, node: Node) -> AsyncIterator[Crowd]:
    """Let EACH of both kinds in, who stay until the end of the block."""
    devices = [Follower(stack.url, stack.token(f"ours-{number}")) for number in range(EACH)]
    tokens = [stack.token(f"stock-{number}") for number in range(EACH)]
    argument = {"url": stack.url, "tokens": tokens, "topic": TOPIC}
    async with running(node, "moved.js", argument) as script, following(devices):
        crowd = Crowd(script, devices)
        await eventually(crowd.follow, within=30, what="a crowd that follows the topic")
        yield crowd


async def test_gateways_that_stop_together_share_the_budget_and_lose_nothing(tmp_path: Path, node: Node) -> None:
    async with (
        run_gateways(tmp_path, 3, drain={"maxReconnectsPerSecond": BUDGET}) as stack,
        gather_crowd(stack, node) as crowd,
    ):
        speech = Speech(stack, [f"{kind}-{number}" for kind in ("stock", "ours") for number in range(EACH)])
        speaking = asyncio.create_task(speech.run())
        await asyncio.gather(stack.stop("gateway-0"), stack.stop("gateway-1"))
        speech.is_over = True
        await speaking
        await eventually(lambda: crowd.has_heard(speech.said), within=30, what="a crowd that has heard everything")
        moves, stock = await crowd.moves(), await crowd.stock()
    print(
        f"{len(moves)} of {2 * EACH} moved in {moves[-1] - moves[0]:.1f} s, {busiest_two_seconds(moves)} in two of them"
    )
    assert len(moves) > EACH / 2, "hardly anybody was at the gateways that stopped"
    assert busiest_two_seconds(moves) <= 2 * BUDGET * LATE
    for shown in ("notifications", "payloads"):
        assert [compare(client[shown], speech.all) for client in stock] == [ALL] * EACH, shown
    assert {client["anew"] for client in stock} == {1}, "whoever was moved is recovered"
    arrivals = [[shown["content"] for shown in device.arrivals] for device in crowd.devices]
    assert [compare(each, speech.all) for each in arrivals] == [ALL] * EACH
    assert not any(device.refused for device in crowd.devices)


async def test_without_nats_a_gateway_moves_its_clients_so_slowly_that_all_could(tmp_path: Path) -> None:
    limits = {"connectionLimit": 100, "drain": {"maxReconnectsPerSecond": 100, "withinSeconds": 20}}
    async with run_gateways(tmp_path, 2, **limits) as stack:
        devices = [Follower(stack.url, stack.token(f"user-{number}")) for number in range(EACH)]
        async with following(devices):
            await stack.kill("nats")
            await stack.stop("gateway-0")
            moves = [time for device in devices for time in device.moved]
            assert len(moves) > EACH / 5, "hardly anybody was at the gateway that stopped"
            assert len(moves) - 1 <= (max(moves) - min(moves)) * 5 * LATE, "100 connections in 20 s are 5 a second"
