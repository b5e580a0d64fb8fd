"""A database with a past."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from notifications.adapters.postgres.partitions import ensure_partitions
from notifications.adapters.postgres.pool import Connection, Pool
from tests.integration.postgres.retention.past import LAST_MONTH, OLD_MONTH, OLDER_MONTH, SETTLED, send


@pytest.fixture
def inbox_database(own_database: str) -> str:
    """These tests change the schema."""
    return own_database


@pytest.fixture
async def connection(inbox_database: str) -> AsyncIterator[Connection]:
    """A connection to a database in which alice and bob have much that is old, and carol nothing."""
    connection = await asyncpg.connect(inbox_database)
    await ensure_partitions(connection, OLDER_MONTH.begins)
    await ensure_partitions(connection, LAST_MONTH.begins)
    yield connection
    await connection.close()


@pytest.fixture
async def filled(pool: Pool, connection: Connection) -> Pool:
    """Everything in it is settled."""
    for month in (OLDER_MONTH, OLD_MONTH, LAST_MONTH):
        for day in range(3):
            await send(pool, "alice", at=month.begins + timedelta(days=day))
    await send(pool, "bob", at=OLD_MONTH.begins)
    await send(pool, "carol", at=LAST_MONTH.begins)
    await connection.execute(SETTLED)
    return pool
