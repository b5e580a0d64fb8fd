"""Months that are over are dropped in steps: whoever reads meets no hole that he is not told of, and nobody waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from notifications.adapters.postgres import retention as retentions
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.partitions import ensure_partitions, month_named, months_from
from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.retention import Retention, drop_months, find_months
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.errors import Resync, Unavailable
from notifications.domain.ids import uuid7
from notifications.domain.notification import UserKey
from notifications.domain.submission import Accepted
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.waiting import eventually

NOW = datetime.now(UTC)
THIS_MONTH = months_from(NOW, 1)[0]
LAST_MONTH = months_from(THIS_MONTH.begins - timedelta(days=1), 1)[0]
OLD_MONTH = months_from(LAST_MONTH.begins - timedelta(days=1), 1)[0]
OLDER_MONTH = months_from(OLD_MONTH.begins - timedelta(days=1), 1)[0]
# Everything before last month is too old
CUTOFF = LAST_MONTH.begins
DAYS = (NOW - CUTOFF).days
ALICE, BOB, CAROL = (UserKey(TENANT, name) for name in ("alice", "bob", "carol"))
SETTLED = "DELETE FROM outbox"


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


async def send(pool: Pool, *users: str, at: datetime = NOW) -> list[UUID]:
    (accepted,) = await PostgresSubmissions(pool).accept([write_submission(*users, at=at)])
    assert isinstance(accepted, Accepted)
    return [placed.id for placed in accepted.placed]


async def numbers_from_the_floor(pool: Pool, owner: UserKey) -> list[int]:
    """What a device at the floor is shown; one below it must be refused."""
    inbox = PostgresInbox(pool)
    floor = (await inbox.head(owner)).floor
    for below in range(floor):
        with pytest.raises(Resync):
            await inbox.read(owner, below, 100)
    return [event.seq for event in (await inbox.read(owner, floor, 100)).events]


async def months(connection: Connection) -> dict[str, str]:
    return {found.month.name: found.state for found in await find_months(connection)}


def retention(database: str, days: int = DAYS) -> Retention:
    return Retention(lambda: database, days)


async def test_months_whose_last_moment_is_too_old_are_dropped(
    filled: Pool, connection: Connection, inbox_database: str
) -> None:
    assert await retention(inbox_database).enforce(NOW) == [OLDER_MONTH.name, OLD_MONTH.name]
    assert next(iter(await months(connection))) == LAST_MONTH.name
    assert await connection.fetchval("SELECT to_regclass($1)", OLD_MONTH.name) is None
    assert await retention(inbox_database).enforce(NOW) == []


async def test_a_month_stays_until_its_last_moment_is_too_old(filled: Pool, connection: Connection) -> None:
    assert await drop_months(connection, OLDER_MONTH.ends - timedelta(microseconds=1)) == []
    assert await drop_months(connection, OLDER_MONTH.ends) == [OLDER_MONTH.name]


async def test_floors_rise_where_something_was_lost_and_nowhere_else(filled: Pool, connection: Connection) -> None:
    await drop_months(connection, CUTOFF)
    inbox = PostgresInbox(filled)
    heads = [await inbox.head(owner) for owner in (ALICE, BOB, CAROL)]
    assert [(head.seq, head.floor) for head in heads] == [(9, 6), (1, 1), (1, 0)]
    assert await numbers_from_the_floor(filled, ALICE) == [7, 8, 9]
    assert await numbers_from_the_floor(filled, BOB) == []
    assert await numbers_from_the_floor(filled, CAROL) == [1]


async def test_floors_rise_for_more_inboxes_than_a_batch_holds(
    filled: Pool, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [f"user-{n}" for n in range(25)]
    await send(filled, *users, at=OLD_MONTH.begins)
    await connection.execute(SETTLED)
    monkeypatch.setattr(retentions, "FLOOR_BATCH", 4)
    await drop_months(connection, CUTOFF)
    floors = await connection.fetch("SELECT floor FROM inbox_heads WHERE recipient LIKE 'user-%'")
    assert [row["floor"] for row in floors] == [1] * 25


class Crash(Exception):
    """The process is gone."""


class Mortal:
    """A connection whose process dies before its statement number `lives`, counted from 0."""

    def __init__(self, connection: Connection, lives: int) -> None:
        self._connection = connection
        self._lives = lives

    def __getattr__(self, name: str) -> Any:
        if not self._lives:
            raise Crash
        self._lives -= 1
        return getattr(self._connection, name)


async def drop_until_crash(connection: Connection, lives: int) -> bool:
    try:
        await drop_months(Mortal(connection, lives), CUTOFF)  # type: ignore[arg-type]
    except Crash:
        return False
    return True


async def test_a_crash_before_any_step_leaves_no_hole_untold_and_is_made_up_for_by_the_next_run(
    inbox_database: str, filled: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retentions, "FLOOR_BATCH", 1)
    finished, lives = False, 0
    while not finished:
        connection = await asyncpg.connect(inbox_database)
        await ensure_partitions(connection, OLD_MONTH.begins)
        await send(filled, "alice", "bob", at=OLD_MONTH.begins)
        await send(filled, "alice", "carol")
        await connection.execute(SETTLED)
        finished = await drop_until_crash(connection, lives)
        await connection.close()
        await expect_no_hole(filled)
        await retention(inbox_database).enforce(NOW)
        await expect_no_hole(filled)
        lives += 1
    assert lives > len(["find", "judge", "alice", "bob", "no more", "mark", "detach", "drop"])


async def expect_no_hole(pool: Pool) -> None:
    for owner in (ALICE, BOB, CAROL):
        head = await PostgresInbox(pool).head(owner)
        assert await numbers_from_the_floor(pool, owner) == list(range(head.floor + 1, head.seq + 1))


async def test_accepting_and_reading_go_on_while_a_month_waits_to_be_detached(
    filled: Pool, connection: Connection, inbox_database: str
) -> None:
    async with connection.transaction():
        await connection.fetch("SELECT count(*) FROM notifications")
        dropping = asyncio.create_task(retention(inbox_database).enforce(NOW))
        await eventually(lambda: filled.read(DETACHING_WAITS), what="a month that waits")
        async with asyncio.timeout(3):
            for _ in range(20):
                await send(filled, "alice")
            await PostgresInbox(filled).mark_all_read(ALICE)
        assert not dropping.done()
        assert await numbers_from_the_floor(filled, ALICE) == list(range(4, 31))
    assert await dropping == [OLDER_MONTH.name, OLD_MONTH.name]


DETACHING_WAITS = """
SELECT 1 FROM pg_stat_activity
WHERE query LIKE 'ALTER TABLE notifications DETACH%' AND wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_a_month_that_could_not_be_detached_in_time_is_gone_for_all_and_dropped_the_next_time(
    filled: Pool, connection: Connection, inbox_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(retentions.SETTINGS, "lock_timeout", "50ms")
    async with connection.transaction():
        await connection.fetch("SELECT count(*) FROM notifications")
        with pytest.raises(Unavailable):
            await retention(inbox_database).enforce(NOW)
        assert (await months(connection))[OLDER_MONTH.name] == "detaching"
        assert await numbers_from_the_floor(filled, ALICE) == [4, 5, 6, 7, 8, 9]
        await send(filled, "alice")
    assert await retention(inbox_database).enforce(NOW) == [OLDER_MONTH.name, OLD_MONTH.name]
    assert await numbers_from_the_floor(filled, ALICE) == [7, 8, 9, 10]


async def test_only_one_process_is_at_it(filled: Pool, connection: Connection, inbox_database: str) -> None:
    await connection.execute("SELECT pg_advisory_lock(hashtext('notifications retention'))")
    assert await retention(inbox_database).enforce(NOW) == []
    await connection.execute("SELECT pg_advisory_unlock_all()")
    dropped = await asyncio.gather(*(retention(inbox_database).enforce(NOW) for _ in range(3)))
    assert sorted(name for names in dropped for name in names) == [OLDER_MONTH.name, OLD_MONTH.name]


async def test_a_month_that_somebody_else_detached_is_not_touched(filled: Pool, connection: Connection) -> None:
    await connection.execute(f"ALTER TABLE notifications DETACH PARTITION {OLDER_MONTH.name}")
    assert await drop_months(connection, CUTOFF) == [OLD_MONTH.name]
    assert await connection.fetchval(f"SELECT count(*) FROM {OLDER_MONTH.name}") == 3


async def test_what_keeps_a_month_from_being_detached_is_told(
    filled: Pool, connection: Connection, inbox_database: str
) -> None:
    await connection.execute("CREATE TABLE others PARTITION OF notifications DEFAULT")
    with pytest.raises(Unavailable, match=r"cannot be detached.*default partition"):
        await retention(inbox_database).enforce(NOW)
    assert await numbers_from_the_floor(filled, CAROL) == [1]


# What is still needed


async def expect_kept(connection: Connection, let_go: str) -> None:
    """The month stays, with all that is read in it, until the statement was run."""
    assert await drop_months(connection, CUTOFF) == [OLDER_MONTH.name]
    assert await connection.fetchval("SELECT max(floor) FROM inbox_heads") == 3
    await connection.execute(let_go)
    assert await drop_months(connection, CUTOFF) == [OLD_MONTH.name]


async def test_a_month_with_an_unsettled_job_stays(filled: Pool, connection: Connection) -> None:
    await send(filled, "bob", at=OLD_MONTH.ends - timedelta(seconds=1))
    await expect_kept(connection, SETTLED)


@pytest.mark.parametrize("days_to_release", [-300, 5])
async def test_a_month_with_something_held_stays(filled: Pool, connection: Connection, days_to_release: int) -> None:
    await hold(connection, NOW + timedelta(days=days_to_release), None)
    await expect_kept(connection, "UPDATE notifications SET cancelled_at = now() WHERE release_at IS NOT NULL")


async def test_what_was_held_is_kept_from_the_moment_when_it_was_shown(filled: Pool, connection: Connection) -> None:
    await hold(connection, CUTOFF + timedelta(seconds=1), 10)
    await expect_kept(connection, "UPDATE notifications SET release_at = release_at - interval '1 day'")


async def hold(connection: Connection, release_at: datetime, seq: int | None) -> None:
    query = """
        INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, type, content, created_at,
            release_at, seq)
        VALUES ($1, $2, 'bob', $1, 1, 'greeting', 'Hello', $3, $4, $5)
    """
    await connection.execute(query, uuid7(OLD_MONTH.begins, 7), TENANT, OLD_MONTH.begins, release_at, seq)


async def test_a_month_with_items_of_a_digest_to_come_stays(filled: Pool, connection: Connection) -> None:
    await add_digest(connection, item_at=OLD_MONTH.begins)
    await expect_kept(connection, SETTLED)


async def test_a_month_with_a_request_to_a_room_that_goes_on_stays(filled: Pool, connection: Connection) -> None:
    await add_room_request(connection, OLD_MONTH.begins, "accepted")
    await expect_kept(connection, "UPDATE room_requests SET state = 'expanded'")


async def add_digest(connection: Connection, item_at: datetime) -> None:
    """One that was opened today, with an item of another month."""
    id = uuid7(NOW, 1)
    await connection.execute("INSERT INTO digests VALUES ($1, $2, 'bob', 'email', 'daily', $3, $3)", id, TENANT, NOW)
    await connection.execute("INSERT INTO digest_items VALUES ($1, $2, $3)", id, uuid7(item_at, 2), item_at)
    query = """
        INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, digest)
        VALUES ($1, 'email', $2, 'bob', 'low', $3, true)
    """
    await connection.execute(query, id, TENANT, NOW)


async def add_room_request(connection: Connection, at: datetime, state: str) -> None:
    query = "INSERT INTO room_requests VALUES ($1, $2, 'post:1', '{}', $3, $4, '', 0, $3)"
    await connection.execute(query, uuid7(at, 3), TENANT, at, state)


def test_a_partition_tells_its_month() -> None:
    assert month_named(OLD_MONTH.name) == OLD_MONTH
