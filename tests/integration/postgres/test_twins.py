"""Twins that meet while the first of them is still undecided, which no single-threaded store can show."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.limits import IDEMPOTENCY_KEPT
from notifications.domain.submission import Accepted, Conflict
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.waiting import eventually

CLAIM = """
INSERT INTO idempotency_keys (tenant, key, fingerprint, request_id, created_at)
VALUES ($1, $2, $3, $4, $5)
"""


@pytest.fixture
async def other(inbox_database: str) -> AsyncIterator[Connection]:
    """A gateway whose transaction the test holds open."""
    connection = await asyncpg.connect(inbox_database)
    yield connection
    await connection.close()


async def test_a_twin_waits_for_the_first_and_repeats_its_answer(pool: Pool, other: Connection) -> None:
    first = write_submission(key="k")
    transaction = other.transaction()
    await transaction.start()
    await other.execute(CLAIM, TENANT, "k", first.fingerprint, first.id, first.created_at)
    twin = asyncio.create_task(PostgresSubmissions(pool).accept([write_submission("alice", key="k")]))
    await _somebody_waits(pool)
    assert not twin.done()
    await transaction.commit()
    assert await twin == [Accepted(first.id, (), replayed=True)]


async def test_a_twin_takes_over_when_the_first_fails(pool: Pool, other: Connection) -> None:
    first, second = write_submission(key="k"), write_submission("alice", key="k", body=b"another")
    transaction = other.transaction()
    await transaction.start()
    await other.execute(CLAIM, TENANT, "k", first.fingerprint, first.id, first.created_at)
    twin = asyncio.create_task(PostgresSubmissions(pool).accept([second]))
    await _somebody_waits(pool)
    await transaction.rollback()
    (answer,) = await twin
    assert isinstance(answer, Accepted)
    assert (answer.id, answer.placed[0].seq) == (second.id, 1)


async def test_a_twin_with_another_body_learns_of_the_conflict_only_from_a_commit(
    pool: Pool, other: Connection
) -> None:
    first = write_submission(key="k", body=b"one")
    async with other.transaction():
        await other.execute(CLAIM, TENANT, "k", first.fingerprint, first.id, first.created_at)
        twin = asyncio.create_task(PostgresSubmissions(pool).accept([write_submission("alice", key="k", body=b"two")]))
        await _somebody_waits(pool)
    assert await twin == [Conflict()]


async def test_keys_are_forgotten_when_they_are_free_again(pool: Pool) -> None:
    submissions = PostgresSubmissions(pool)
    await submissions.accept([write_submission("alice", key=f"key-{n}") for n in range(5)])
    assert await submissions.forget_keys() == 0
    age = "UPDATE idempotency_keys SET created_at = created_at - make_interval(secs => $1) WHERE key <> 'key-4'"
    await pool.write(lambda connection: connection.execute(age, IDEMPOTENCY_KEPT + 1.0))
    assert [await submissions.forget_keys() for _ in range(2)] == [4, 0]
    assert [row["key"] for row in await pool.read("SELECT key FROM idempotency_keys")] == ["key-4"]


async def _somebody_waits(pool: Pool) -> None:
    query = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await eventually(lambda: pool.read(query), what="a statement that waits for a lock")
