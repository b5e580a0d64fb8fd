"""Three gateways, each at a NATS server of its own, lose one server after the other, and their clients nothing."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.support.device import Device, join
from tests.support.nats import NatsServer, make_cluster
from tests.support.postgres import Postgres
from tests.support.rest import Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

ROOM, TOPIC = "group:7", "orders.eu"
COPIES = 3


@dataclass(frozen=True)
class Site:
    """Gateways and NATS servers by number: the gateway n begins at the server n."""

    stack: Stack
    servers: list[NatsServer]
    gateways: list[LoneGateway]

    def token(self, user: str) -> str:
        return self.stack.token(user, groups=["7"])


@asynccontextmanager
async def run_backends(folder: Path) -> AsyncIterator[tuple[Stack, list[NatsServer]]]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as data:
        postgres, servers = Postgres(Path(data)), make_cluster(folder)
        try:
            postgres.start()
            for server in servers:
                server.launch()
            for server in servers:
                server.wait()
            stack = Stack(folder, postgres, servers[0])
            try:
                yield stack, servers
            finally:
                await stack.close()
        finally:
            for server in servers:
                server.kill()
            postgres.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with run_backends(tmp_path_factory.mktemp("three")) as (stack, servers), AsyncExitStack() as exits:
        for role in ("gateway", "worker"):
            stated = json.loads(stack.config(role).read_text())
            stated["nats"]["replicas"] = COPIES
            stack.config(role).write_text(json.dumps(stated))
        await stack.set_up()
        await stack.start("worker-0")
        nats = json.loads(stack.config("gateway").read_text())["nats"]
        starts = (
            run_lone_gateway(stack, f"gateway-{number}", nats={**nats, "servers": [server.url]})
            for number, server in enumerate(servers)
        )
        yield Site(stack, servers, list(await asyncio.gather(*map(exits.enter_async_context, starts))))


async def say(site: Site, accepted: list[int], count: int) -> None:
    """Say numbers, each once, until so many were accepted; one that was not may have been stored or not."""
    speaker = Rest(site.gateways[2].url, site.token("producer"))
    wanted = len(accepted) + count
    async with asyncio.timeout(30):
        for number in itertools.count(max(accepted, default=0) + 1):
            if len(accepted) == wanted:
                return
            answer = await speaker.request("POST", f"/api/topics/{TOPIC}/messages", json={"payload": number})
            if answer.status == 201:
                accepted.append(number)
            else:
                await asyncio.sleep(0.1)  # as a producer would


async def insist(device: Device, event: str, place: str) -> None:
    """Ask until it is done: the servers that are left take seconds to choose who leads."""

    async def ask() -> bool:
        answer = await device.call(event, place)
        assert answer["ok"] or answer["error"]["code"] == "UNAVAILABLE", answer
        return bool(answer["ok"])

    await eventually(ask, within=30, pause=1.0, what=event)


def heard(device: Device) -> list[int]:
    return [event[1]["payload"] for event in device.events if event[0] == "topic:message"]


async def until_heard(device: Device, number: int) -> None:
    await device.until(lambda: number in heard(device), f"the message {number}", within=20)


def shown(device: Device, event: str) -> list[str]:
    return [each[1] for each in device.events if each[0] == event]


async def test_nobody_is_shown_as_gone_when_a_nats_server_dies(site: Site) -> None:
    async with AsyncExitStack() as exits:
        exits.callback(site.servers[1].start)
        ann, ben = [
            await exits.enter_async_context(join(gateway.url, site.token(user)))
            for gateway, user in zip(site.gateways, ("ann", "ben"), strict=False)
        ]
        for device in (ann, ben):
            await insist(device, "room:join", ROOM)
        for device in (ann, ben):
            await device.expect("presence:user:online")
        site.servers[1].kill()
        await eventually(lambda: "NATS is back" in site.gateways[1].process.log, what="another server for the gateway")
        async with join(site.gateways[2].url, site.token("cay")) as cay:
            await insist(cay, "room:join", ROOM)
            await cay.until(lambda: {*shown(cay, "presence:user:online")} == {"ann", "ben"}, "both others")
        for device in (ann, ben):
            assert (await device.expect("presence:user:offline", within=15))[0] == "cay"
            assert shown(device, "presence:user:offline") == ["cay"]
        assert (shown(ann, "presence:user:online"), shown(ben, "presence:user:online")) == (
            ["ben", "cay"],
            ["ann", "cay"],
        )


async def test_a_client_is_recovered_when_its_nats_server_and_then_its_gateway_died(site: Site) -> None:
    accepted: list[int] = []
    async with join(site.gateways[0].url, site.token("ann")) as device:
        for event, place in (("topic:subscribe", TOPIC), ("room:join", ROOM)):
            await insist(device, event, place)
        await say(site, accepted, 20)
        site.servers[0].kill()
        await say(site, accepted, 20)
        await until_heard(device, accepted[-1])
        await site.gateways[0].process.kill()
        await asyncio.wait_for(device.closed.wait(), 10)
        await say(site, accepted, 20)
        presented: dict[str, Any] = {"pid": device.private_id, "offset": device.cursor}
    async with join(site.gateways[1].url, site.token("bob")) as other:
        await insist(other, "topic:subscribe", TOPIC)  # until a server leads what is saved again
    async with join(site.gateways[1].url, site.token("ann"), **presented) as again:
        assert again.events[0][1]["recovered"] is True
        await say(site, accepted, 5)
        await until_heard(again, accepted[-1])
        numbers = [*heard(device), *heard(again)]
        assert numbers == sorted(set(numbers)), "doubled or out of order"
        assert set(accepted) <= set(numbers)
        said = await again.call("room:send", {"room": ROOM, "payload": "there"})
        (message,) = await again.expect("room:message")
        assert (message["id"], message["payload"]) == (said["id"], "there")
