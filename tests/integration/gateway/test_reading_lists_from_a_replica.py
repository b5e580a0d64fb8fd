"""A gateway reads lists from a replica while it keeps up, and goes on without it."""

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support.ports import free_port
from tests.support.rest import Rest
from tests.support.stack import HOST, Stack
from tests.support.standby import Standby, run_standby
from tests.support.waiting import eventually
from tests.support.workload import Workload

LISTED = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%counted AS%' AND pid <> pg_backend_pid()"


@pytest.fixture
def standby(stack: Stack) -> Iterator[Standby]:
    with run_standby(stack.postgres) as standby:
        yield standby


@pytest.fixture
async def gateway(stack: Stack, standby: Standby) -> AsyncIterator[Workload]:
    """A gateway that has the standby as its read replica; `url` is where it listens."""
    folder, port = stack.folder, free_port()
    (folder / "replica-uri").write_text(standby.uri(urlsplit(stack.database).path[1:]))
    config = json.loads(stack.config("gateway").read_text())
    config["postgres"]["replicaUriFile"] = str(folder / "replica-uri")
    (folder / "replicated.json").write_text(json.dumps(config))
    arguments = ["gateway", "--config", str(folder / "replicated.json"), "--port", str(port)]
    process = Workload(f"replicated-{port}", arguments, folder / f"replicated-{port}.log")
    await process.start()
    yield process
    await process.kill()


async def lag(gateway: Workload) -> float:
    url = f"http://{HOST}:{gateway.management_port}/metrics"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        lines = (await answer.text()).splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith("postgres_replica_lag_seconds"))
    return float(value)


async def test_lists_come_from_the_replica_until_it_is_gone(
    stack: Stack, gateway: Workload, standby: Standby, alice: str
) -> None:
    port = gateway.name.rpartition("-")[2]
    rest = Rest(f"http://{HOST}:{port}", stack.token(alice))
    (placed,) = await rest.notify(alice)

    async def is_used() -> bool:
        answer = await rest.list()
        assert [shown["id"] for shown in answer.body["notifications"]] == [placed["id"]]
        return standby.execute(LISTED, urlsplit(stack.database).path[1:]) != "0"

    await eventually(is_used, what="a list from the replica", within=20)
    assert await lag(gateway) < 5

    standby.kill()
    await rest.read(placed["id"])
    (shown,) = (await rest.list()).body["notifications"]
    assert shown["readAt"] is not None

    async def is_noticed() -> bool:
        return await lag(gateway) == float("inf")

    await eventually(is_noticed, what="the loss of the replica", within=20)
    assert (await rest.list()).status == 200
    assert "Traceback" not in gateway.log
    assert await gateway.stop() == 0


async def test_a_gateway_starts_without_its_replica(stack: Stack, standby: Standby, gateway: Workload) -> None:
    await gateway.kill()
    standby.kill()
    before = len(gateway.log)
    await gateway.start()
    told = "lists are read from the primary"
    await eventually(lambda: told in gateway.log[before:], what="a gateway that tells of it", within=20)
    assert "Traceback" not in gateway.log
