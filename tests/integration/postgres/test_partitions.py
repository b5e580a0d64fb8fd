"""Every month has its partition before its first notification."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import asyncpg
import pytest

from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.migrate import set_up
from notifications.adapters.postgres.partitions import MONTHS_AHEAD, Partitions, months_from
from notifications.adapters.postgres.pool import Pool, open_pool
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.errors import Unavailable
from notifications.domain.notification import UserKey
from tests.integration.postgres.submissions import write_submission
from tests.support.postgres import Postgres

DECEMBER = datetime(2031, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
JANUARY = datetime(2032, 1, 1, tzinfo=UTC)
WHERE = "SELECT tableoid::regclass::text AS partition FROM notifications WHERE request_id = $1"


@pytest.fixture
def inbox_database(own_database: str) -> str:
    """These tests change the schema."""
    return own_database


def test_months_follow_each_other_over_the_end_of_the_year() -> None:
    months = months_from(datetime(2031, 11, 15, 8, tzinfo=UTC), 4)
    assert [month.name for month in months] == [
        "notifications_2031_11",
        "notifications_2031_12",
        "notifications_2032_01",
        "notifications_2032_02",
    ]
    assert [(month.begins, month.ends) for month in months[1:3]] == [
        (datetime(2031, 12, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)),
        (datetime(2032, 1, 1, tzinfo=UTC), datetime(2032, 2, 1, tzinfo=UTC)),
    ]
    assert all(before.ends == after.begins for before, after in pairwise(months))


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_one_month_long(month: int) -> None:
    (found,) = months_from(datetime(2032, month, 28, tzinfo=UTC), 1)
    assert found.begins.month == month
    assert found.ends - timedelta(microseconds=1) == found.begins.replace(
        day=(found.ends - timedelta(days=1)).day, hour=23, minute=59, second=59, microsecond=999999
    )


def test_a_month_begins_in_utc_wherever_the_clock_stands() -> None:
    new_years_morning = datetime(2032, 1, 1, 5, tzinfo=timezone(timedelta(hours=9)))
    assert months_from(new_years_morning, 1)[0].name == "notifications_2031_12"


async def test_this_month_and_the_next_ones_are_made_once(database: str) -> None:
    await set_up(database, DECEMBER)
    pool = await open_pool(database, 1, 5)
    partitions = Partitions(pool)
    assert await partitions.ensure(DECEMBER) == []
    assert await partitions.ensure(JANUARY) == ["notifications_2032_03"]
    await pool.close()


async def test_workers_that_make_partitions_at_once_make_each_once(pool: Pool) -> None:
    made = await asyncio.gather(*(Partitions(pool).ensure(DECEMBER) for _ in range(5)))
    assert sorted(name for names in made for name in names) == [
        month.name for month in months_from(DECEMBER, 1 + MONTHS_AHEAD)
    ]


async def test_the_last_moment_of_a_year_and_the_first_of_the_next_have_a_place(pool: Pool) -> None:
    await Partitions(pool).ensure(DECEMBER)
    for at, partition in ((DECEMBER, "notifications_2031_12"), (JANUARY, "notifications_2032_01")):
        submission = write_submission("alice", at=at)
        await PostgresSubmissions(pool).accept([submission])
        assert [row["partition"] for row in await pool.read(WHERE, submission.id)] == [partition]


async def test_an_inbox_is_read_and_marked_over_the_end_of_a_month(pool: Pool) -> None:
    await Partitions(pool).ensure(DECEMBER)
    submissions = [write_submission("alice", at=at) for at in (DECEMBER, JANUARY)]
    await PostgresSubmissions(pool).accept(submissions)
    inbox, alice = PostgresInbox(pool), UserKey("acme", "alice")
    ids = [submission.copies[0].id for submission in submissions]
    assert [event.shows for event in (await inbox.read(alice, 0, 10)).events] == ids
    change = await inbox.mark_read(alice, ids)
    assert change is not None
    assert change.ids == tuple(ids)
    await inbox.mark_delivered(ids)
    (marked,) = await pool.read("SELECT count(delivered_at) AS delivered FROM notifications")
    assert marked["delivered"] == 2


async def test_a_partition_has_every_index_of_the_table_and_no_other(pool: Pool) -> None:
    attached = """
        SELECT p.relname, count(i.inhparent) = count(*) AS all_attached, count(*) AS indexes
        FROM pg_inherits t
        JOIN pg_class p ON p.oid = t.inhrelid
        JOIN pg_index x ON x.indrelid = p.oid
        LEFT JOIN pg_inherits i ON i.inhrelid = x.indexrelid
        WHERE t.inhparent = 'notifications'::regclass
        GROUP BY 1
    """
    (wanted,) = (await pool.read("SELECT count(*) FROM pg_index WHERE indrelid = 'notifications'::regclass"))[0]
    rows = await pool.read(attached)
    assert len(rows) == 1 + MONTHS_AHEAD
    assert {(row["all_attached"], row["indexes"]) for row in rows} == {(True, wanted)}


async def test_making_a_partition_waits_for_no_reader_and_no_writer(pool: Pool, inbox_database: str) -> None:
    busy = await asyncpg.connect(inbox_database)
    async with busy.transaction():
        await busy.fetch("SELECT count(*) FROM notifications")
        await busy.execute("UPDATE notifications SET read_at = now()")
        async with asyncio.timeout(2):
            assert len(await Partitions(pool).ensure(DECEMBER)) == 1 + MONTHS_AHEAD
    await busy.close()


async def lose_partitions(pool: Pool) -> None:
    """As if nobody had kept house for months."""
    tables = ", ".join(month.name for month in months_from(datetime.now(UTC), 1 + MONTHS_AHEAD))
    await pool.write(lambda connection: connection.execute(f"DROP TABLE {tables}"))


async def test_a_month_that_nobody_has_made_is_made_by_who_needs_it(pool: Pool) -> None:
    await lose_partitions(pool)
    groups = [[write_submission("alice"), write_submission("bob")] for _ in range(5)]
    answers = await asyncio.gather(*(PostgresSubmissions(pool).accept(group) for group in groups))
    assert sum(len(accepted) for accepted in answers) == 10
    assert (await PostgresInbox(pool).head(UserKey("acme", "alice"))).seq == 5


async def test_a_clock_that_is_months_off_is_told_and_makes_no_partition(pool: Pool) -> None:
    far = datetime.now(UTC) - timedelta(days=400)
    with pytest.raises(Unavailable, match="clock"):
        await PostgresSubmissions(pool).accept([write_submission("alice", at=far)])
    (found,) = await pool.read("SELECT count(*) AS months FROM pg_inherits WHERE inhparent = 'notifications'::regclass")
    assert found["months"] == 1 + MONTHS_AHEAD


@pytest.fixture
async def writing(postgres: Postgres, inbox_database: str) -> AsyncIterator[Pool]:
    """Connections of a role that may change rows, and make no table."""
    name = inbox_database.rsplit("/", 1)[1]
    postgres.execute("CREATE ROLE writer LOGIN PASSWORD 'writer'")
    postgres.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO writer", name)
    writing = await open_pool(f"postgresql://writer:writer@127.0.0.1:{postgres.port}/{name}", 1, 1)
    yield writing
    await writing.close()
    postgres.execute("DROP OWNED BY writer", name)
    postgres.execute("DROP ROLE writer")


async def test_a_role_that_may_make_no_month_is_told_what_to_do(pool: Pool, writing: Pool) -> None:
    await lose_partitions(pool)
    with pytest.raises(Unavailable, match="notifications setup"):
        await PostgresSubmissions(writing).accept([write_submission("alice")])


async def test_a_role_that_may_make_no_month_keeps_the_rest_of_the_house(
    writing: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    assert await Partitions(writing).ensure(DECEMBER) == []
    assert "run `notifications setup`" in caplog.text


async def test_another_constraint_is_no_missing_month(pool: Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await PostgresSubmissions(pool).accept([write_submission("x" * 129)])
