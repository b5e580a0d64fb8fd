"""Months that are over are dropped in steps: whoever reads meets no hole that he is not told of, and nobody waits."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from notifications.adapters.postgres import retention as retentions
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.partitions import ensure_partitions, month_named
from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.retention import Retention, drop_months
from notifications.domain.errors import Unavailable
from tests.integration.postgres.retention.past import (
    ALICE,
    BOB,
    CAROL,
    CUTOFF,
    DAYS,
    LAST_MONTH,
    NOW,
    OLD_MONTH,
    OLDER_MONTH,
    SETTLED,
    months,
    numbers_from_the_floor,
    retention,
    send,
)
from tests.support.postgres import Postgres
from tests.support.waiting import eventually


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


@pytest.mark.parametrize(
    ("obstacle", "told"),
    [
        ("CREATE TABLE others PARTITION OF notifications DEFAULT", "default partition"),
        (f"CREATE VIEW theirs AS SELECT * FROM {OLDER_MONTH.name}", "other objects depend on it"),
    ],
)
async def test_what_keeps_a_month_from_being_dropped_is_told(
    filled: Pool, connection: Connection, inbox_database: str, obstacle: str, told: str
) -> None:
    await connection.execute(obstacle)
    with pytest.raises(Unavailable, match=f"{OLDER_MONTH.name} cannot be dropped: .*{told}"):
        await retention(inbox_database).enforce(NOW)
    assert await numbers_from_the_floor(filled, ALICE) == [4, 5, 6, 7, 8, 9]
    assert await numbers_from_the_floor(filled, CAROL) == [1]


async def test_a_role_that_owns_no_partition_is_told(postgres: Postgres, filled: Pool, inbox_database: str) -> None:
    name = inbox_database.rsplit("/", 1)[1]
    postgres.execute("CREATE ROLE keeper LOGIN PASSWORD 'keeper'")
    try:
        postgres.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO keeper", name)
        with pytest.raises(Unavailable, match="must be owner"):
            await retention(f"postgresql://keeper:keeper@127.0.0.1:{postgres.port}/{name}").enforce(NOW)
    finally:
        postgres.execute("DROP OWNED BY keeper", name)
        postgres.execute("DROP ROLE keeper")


async def test_an_address_that_cannot_be_read_now_is_read_the_next_time(filled: Pool, inbox_database: str) -> None:
    addresses = iter(["nonsense", inbox_database])
    kept = Retention(lambda: next(addresses), DAYS)
    with pytest.raises(Unavailable, match="cannot connect"):
        await kept.enforce(NOW)
    assert await kept.enforce(NOW) == [OLDER_MONTH.name, OLD_MONTH.name]


def test_a_partition_tells_its_month() -> None:
    assert month_named(OLD_MONTH.name) == OLD_MONTH
