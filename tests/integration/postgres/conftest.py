"""What only a real PostgreSQL shows."""

from collections.abc import AsyncIterator, Iterator

import pytest

from notifications.adapters.postgres.pool import Pool, open_pool
from tests.support.postgres import Postgres
from tests.support.schema import create_inbox_database

EMPTY = """
TRUNCATE notifications, inbox_heads, inbox_changes, idempotency_keys, outbox, deliveries, dead_letters;
TRUNCATE room_members, room_mutes, room_requests;
"""


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres) -> Iterator[str]:
    """One database for all tests that leave the schema as it is: to make one takes longer than most of them."""
    uri = create_inbox_database(postgres)
    yield uri
    postgres.drop_database(uri)


@pytest.fixture
def inbox_database(postgres: Postgres, shared_database: str) -> str:
    """The address of an empty database with our schema."""
    postgres.execute(EMPTY, shared_database.rsplit("/", 1)[1])
    return shared_database


@pytest.fixture
def own_database(postgres: Postgres) -> Iterator[str]:
    """The address of such a database of this test alone."""
    uri = create_inbox_database(postgres)
    yield uri
    postgres.drop_database(uri)


@pytest.fixture
async def pool(inbox_database: str) -> AsyncIterator[Pool]:
    """Connections to it."""
    pool = await open_pool(inbox_database, 1, 10)
    yield pool
    await pool.close()
