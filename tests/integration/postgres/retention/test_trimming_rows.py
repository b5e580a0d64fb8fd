"""Rows without a partition go with the months that they belong to, and dead letters after a week."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from notifications.adapters.postgres import trims
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.retention import Retention
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.adapters.postgres.trims import Kept, trim
from notifications.domain.errors import Resync
from notifications.domain.ids import uuid7
from notifications.domain.notification import UserKey
from notifications.domain.submission import Accepted
from tests.integration.postgres.submissions import TENANT, write_submission

NOW = datetime.now(UTC)
KEPT = Kept(NOW - timedelta(days=30), NOW - timedelta(days=7))
TOO_OLD, KEPT_STILL = KEPT.months_from - timedelta(hours=2), KEPT.months_from + timedelta(hours=2)
ALICE = UserKey(TENANT, "alice")


@pytest.fixture
async def connection(inbox_database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connection]:
    monkeypatch.setattr(trims, "TRIM_BATCH", 3)
    connection = await asyncpg.connect(inbox_database)
    await connection.execute("TRUNCATE room_requests, digests, digest_items")
    yield connection
    await connection.close()


async def test_old_changes_go_and_the_floor_rises_over_them(pool: Pool, connection: Connection) -> None:
    inbox = PostgresInbox(pool)
    for _ in range(8):
        (accepted,) = await PostgresSubmissions(pool).accept([write_submission("alice")])
        assert isinstance(accepted, Accepted)
        await inbox.mark_read(ALICE, [accepted.placed[0].id])
    await connection.execute("UPDATE inbox_changes SET at = $1 WHERE seq <= 10", TOO_OLD)
    await connection.execute("UPDATE inbox_changes SET at = $1 WHERE seq > 10", KEPT_STILL)
    await trim(connection, KEPT)
    assert (await inbox.head(ALICE)).floor == 10
    assert [event.seq for event in (await inbox.read(ALICE, 10, 100)).events] == [11, 12, 13, 14, 15, 16]
    with pytest.raises(Resync):
        await inbox.read(ALICE, 9, 100)


async def test_a_floor_never_falls(pool: Pool, connection: Connection) -> None:
    await PostgresSubmissions(pool).accept([write_submission("alice")])
    await PostgresInbox(pool).mark_all_read(ALICE)
    await connection.execute("UPDATE inbox_heads SET seq = 9, floor = 9")
    await connection.execute("UPDATE inbox_changes SET at = $1", TOO_OLD)
    await trim(connection, KEPT)
    assert (await PostgresInbox(pool).head(ALICE)).floor == 9


async def test_deliveries_go_with_the_ids_of_their_month(connection: Connection) -> None:
    ids = [uuid7(at, n) for at in (TOO_OLD, KEPT_STILL) for n in range(7)]
    query = (
        "INSERT INTO deliveries (notification_id, channel, tenant, state, updated_at) VALUES ($1, $2, 'a', '', now())"
    )
    await connection.executemany(query, [(id, channel) for id in ids for channel in ("email", "push")])
    await trim(connection, KEPT)
    left = await connection.fetch("SELECT DISTINCT notification_id AS id FROM deliveries ORDER BY 1")
    assert [row["id"] for row in left] == ids[7:]


async def test_dead_letters_go_after_a_week(connection: Connection) -> None:
    query = """
        INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, died_at)
        VALUES ($1, 'email', 'a', 'alice', 'normal', $2, $2)
    """
    died = [NOW - timedelta(days=6 + day / 10) for day in range(20)]
    await connection.executemany(query, [(uuid7(at, 1), at) for at in died])
    await trim(connection, KEPT)
    left = await connection.fetch("SELECT died_at FROM dead_letters ORDER BY 1 DESC")
    assert [row["died_at"] for row in left] == died[:11]


async def test_requests_to_rooms_go_when_their_members_were_reached(connection: Connection) -> None:
    query = "INSERT INTO room_requests VALUES ($1, 'acme', 'post:1', '{}', $2, $3, '', 0, $2)"
    states = ["accepted", *["expanded", "truncated", "cancelled"] * 3]
    await connection.executemany(query, [(uuid7(TOO_OLD, n), TOO_OLD, state) for n, state in enumerate(states)])
    await connection.execute(query, uuid7(KEPT_STILL, 1), KEPT_STILL, "expanded")
    await trim(connection, KEPT)
    left = await connection.fetch("SELECT accepted_at AS at, state FROM room_requests ORDER BY 1")
    assert [tuple(row) for row in left] == [(TOO_OLD, "accepted"), (KEPT_STILL, "expanded")]


async def test_digests_go_with_their_items(connection: Connection) -> None:
    query = "INSERT INTO digests VALUES ($1, 'acme', $2, 'email', 'daily', $3, $3, $4)"
    rows = [(uuid7(TOO_OLD, n), f"user-{n}", TOO_OLD, NOW if n else None) for n in range(8)]
    await connection.executemany(query, [*rows, (uuid7(KEPT_STILL, 1), "bob", KEPT_STILL, None)])
    await connection.execute("INSERT INTO digest_items SELECT id, id, created_at FROM digests")
    await trim(connection, KEPT)
    left = await connection.fetch("SELECT recipient FROM digests JOIN digest_items ON id = digest_id ORDER BY 1")
    assert [row["recipient"] for row in left] == ["bob"]
    assert await connection.fetchval("SELECT count(*) FROM digest_items") == 1


async def test_housekeeping_trims_what_is_older_than_the_oldest_month(
    pool: Pool, connection: Connection, inbox_database: str
) -> None:
    await PostgresSubmissions(pool).accept([write_submission("alice")])
    await PostgresInbox(pool).mark_all_read(ALICE)
    await connection.execute("UPDATE inbox_changes SET at = $1", NOW - timedelta(days=400))
    assert await Retention(lambda: inbox_database, 90).enforce(NOW) == []
    assert (await PostgresInbox(pool).head(ALICE)).floor == 2
    assert await connection.fetchval("SELECT count(*) FROM inbox_changes") == 0
