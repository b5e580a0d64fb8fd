"""Every contract suite of the stores runs on memory and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from notifications.adapters.postgres.pool import open_pool
from tests.contract.logs import Logs, MemoryLogs, NatsLogs
from tests.contract.stores import EMPTY, TURNABLE_CLOCK, MemoryStores, PostgresStores, Producer, Stores
from tests.contract.workers import Worker
from tests.support.postgres import Postgres
from tests.support.schema import create_inbox_database


@pytest.fixture(params=["memory", "postgres"])
def store_address(request: pytest.FixtureRequest) -> str | None:
    """Where the store is; None means in memory."""
    return None if request.param == "memory" else request.getfixturevalue("store_database")


@pytest.fixture(scope="session")
def store_database(postgres: Postgres) -> Iterator[str]:
    """One database for all contract tests, emptied before each: to make one takes longer than most of them."""
    uri = create_inbox_database(postgres)
    postgres.execute(TURNABLE_CLOCK, uri.rsplit("/", 1)[1])
    yield uri
    postgres.drop_database(uri)


@pytest.fixture
async def stores(store_address: str | None) -> AsyncIterator[Stores]:
    """An empty record of truth."""
    if store_address is None:
        yield MemoryStores()
        return
    own = await asyncpg.connect(store_address)
    await own.execute(EMPTY)
    pool = await open_pool(store_address, 1, 10)
    yield PostgresStores(pool, own)
    await pool.close()
    await own.close()


@pytest.fixture(params=["memory", "nats"])
async def logs(request: pytest.FixtureRequest) -> AsyncIterator[Logs]:
    """A log of topics without a message, and those who share it."""
    logs = MemoryLogs() if request.param == "memory" else NatsLogs(request.getfixturevalue("private_nats"))
    yield logs
    await logs.close()


@pytest.fixture
def producer(stores: Stores) -> Producer:
    """Somebody who sends notifications."""
    return Producer(stores)


@pytest.fixture
def worker(stores: Stores) -> Worker:
    """Somebody who sweeps the outbox."""
    return Worker(stores)
