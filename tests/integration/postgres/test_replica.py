"""A streaming replica answers lists while it keeps up; whatever becomes of it, nobody's own change is missing."""

import asyncio
import math
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from notifications.adapters.postgres import replica as replicas
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.pool import COMMAND_TIMEOUT, Pool, open_pool
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.app.tasks import Tasks
from notifications.domain.limits import REPLICA_LAG
from notifications.domain.notification import Notification, UserKey
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.postgres import Postgres, run_postgres
from tests.support.schema import create_inbox_database
from tests.support.standby import Standby, run_standby
from tests.support.waiting import eventually

ALICE = UserKey(TENANT, "alice")
SOON = COMMAND_TIMEOUT - 1


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine makes no replica silent."""
    monkeypatch.setattr(replicas, "REPLICA_TIMEOUT", 30.0)


@pytest.fixture(scope="module")
def primary() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


@pytest.fixture
def own_database(primary: Postgres) -> Iterator[str]:
    uri = create_inbox_database(primary)
    yield uri
    primary.drop_database(uri)


@pytest.fixture
def standby(primary: Postgres, own_database: str) -> Iterator[Standby]:
    with run_standby(primary) as standby:
        yield standby


@pytest.fixture
async def pool(own_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(own_database, 1, 5)
    yield pool
    await pool.close()


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Lists:
    """An inbox whose lists may come from a replica."""

    inbox: PostgresInbox
    replica: Replica
    pool: Pool
    clock: Clock
    tasks: Tasks

    async def page(self) -> list[Notification]:
        found = await self.inbox.listing(ALICE, offset=0, limit=10, unread_only=False)
        return list(found.notifications)

    async def source(self) -> str:
        return (await self.page())[-1].message.content


@asynccontextmanager
async def watch(primary: Pool, uri: str) -> AsyncIterator[Lists]:
    clock, tasks = Clock(), Tasks()
    pool = await open_pool(uri, 0, 5)
    replica = Replica(primary, pool, clock, tasks)
    yield Lists(PostgresInbox(primary, replica), replica, pool, clock, tasks)
    await tasks.stop()
    await pool.close()


@pytest.fixture
async def lists(pool: Pool, own_database: str, standby: Standby) -> AsyncIterator[Lists]:
    """Alice has a notification whose content tells which server it was read from, as long as her inbox rests."""
    async with watch(pool, standby.uri(name(own_database))) as lists:
        await PostgresSubmissions(pool).accept([write_submission("alice")])
        await caught_up(lists)
        standby.pause()
        await pool.write(lambda connection: connection.execute("UPDATE notifications SET content = 'of the primary'"))
        yield lists


def name(uri: str) -> str:
    return uri.rsplit("/", 1)[1]


async def caught_up(lists: Lists) -> None:
    """Return when the replica has replayed all that the primary has logged until now."""

    async def is_even() -> bool:
        await lists.replica.check()
        lists.clock.at += 1  # what has come to the end of the log by now was there before
        await lists.replica.check()
        return lists.replica.lag == 0

    await eventually(is_even, what="a replica that has caught up")
    assert lists.replica.usable


async def move(primary: Pool) -> None:
    """Log something on the primary that is about nobody's inbox."""
    await primary.write(lambda connection: connection.execute("SELECT pg_logical_emit_message(false, 'x', 'x', true)"))


async def test_a_list_of_an_inbox_that_rests_comes_from_the_replica(lists: Lists) -> None:
    assert await lists.source() == "Hello"


async def test_everything_but_a_list_comes_from_the_primary(lists: Lists) -> None:
    (pending,) = (await lists.inbox.pending(ALICE, 10)).notifications
    assert pending.message.content == "of the primary"
    assert "of the primary" in (await lists.inbox.read(ALICE, 0, 10)).events[0].body


async def test_a_change_of_ones_own_is_in_the_next_list(lists: Lists) -> None:
    (shown,) = await lists.page()
    await lists.inbox.mark_read(ALICE, [shown.id])
    (again,) = await lists.page()
    assert again.read_at is not None
    await lists.inbox.archive(ALICE, [shown.id])
    assert await lists.page() == []


async def test_what_was_accepted_is_in_the_next_list(lists: Lists, pool: Pool) -> None:
    await PostgresSubmissions(pool).accept([write_submission("alice", "bob")])
    assert [shown.seq for shown in await lists.page()] == [2, 1]


async def test_a_change_of_another_inbox_keeps_nobody_from_the_replica(lists: Lists, pool: Pool) -> None:
    await PostgresSubmissions(pool).accept([write_submission("bob")])
    assert await lists.source() == "Hello"


async def test_a_replica_that_does_not_replay_is_not_asked_until_it_has_caught_up(
    lists: Lists, standby: Standby
) -> None:
    await lists.replica.check()
    lists.clock.at += REPLICA_LAG + 1
    await lists.replica.check()
    assert not lists.replica.usable
    assert lists.replica.lag > REPLICA_LAG
    assert await lists.source() == "of the primary"
    standby.resume()
    await caught_up(lists)


async def test_a_replica_that_receives_nothing_is_not_asked_once_the_primary_moves(
    pool: Pool, own_database: str, standby: Standby
) -> None:
    async with watch(pool, standby.uri(name(own_database))) as lists:
        await caught_up(lists)
        standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
        standby.execute("SELECT pg_reload_conf()")
        gone = "SELECT count(*) FROM pg_stat_wal_receiver"
        await eventually(lambda: standby.execute(gone) == "0", what="the end of replication")
        await move(pool)
        await lists.replica.check()
        lists.clock.at += REPLICA_LAG + 1
        await lists.replica.check()
        assert not lists.replica.usable


async def test_a_replica_of_an_idle_primary_lacks_nothing_however_long_it_rests(
    pool: Pool, own_database: str, standby: Standby
) -> None:
    async with watch(pool, standby.uri(name(own_database))) as lists:
        await caught_up(lists)
        standby.pause()
        lists.clock.at += 1000
        await lists.replica.check()
        assert lists.replica.usable


async def test_a_replica_that_is_killed_is_left_alone_until_it_is_back(lists: Lists, standby: Standby) -> None:
    standby.kill()
    assert await lists.source() == "of the primary"
    assert not lists.replica.usable
    await lists.replica.check()
    assert not lists.replica.usable
    assert lists.replica.lag == math.inf
    standby.start()
    await caught_up(lists)
    assert await lists.source() == "of the primary"


async def test_a_replica_that_hangs_holds_up_nobody(
    lists: Lists, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "REPLICA_TIMEOUT", 0.1)
    (found,) = await lists.pool.read("SELECT pg_backend_pid() AS pid")
    os.kill(found["pid"], signal.SIGSTOP)
    try:
        async with asyncio.timeout(SOON):
            assert await lists.source() == "of the primary"
            assert not lists.replica.usable
            assert await lists.source() == "of the primary"
    finally:
        os.kill(found["pid"], signal.SIGCONT)


async def test_a_replica_that_was_promoted_is_not_asked(lists: Lists, standby: Standby) -> None:
    standby.execute("SELECT pg_promote()")
    await lists.replica.check()
    assert not lists.replica.usable
    assert await lists.source() == "of the primary"


async def test_a_server_that_never_answers_is_not_asked(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "REPLICA_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with (
            watch(pool, f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/x") as lists,
            asyncio.timeout(SOON),
        ):
            await lists.replica.check()
            assert not lists.replica.usable
            assert await lists.page() == []


async def test_the_primary_itself_is_no_replica(pool: Pool, own_database: str) -> None:
    async with watch(pool, own_database) as lists:
        await lists.replica.check()
        assert not lists.replica.usable


async def test_the_replica_of_a_database_without_inboxes_is_not_asked(pool: Pool, standby: Standby) -> None:
    async with watch(pool, standby.uri("postgres")) as lists:
        await lists.replica.check()
        assert not lists.replica.usable


async def test_the_replica_of_other_inboxes_is_not_asked(
    primary: Postgres, pool: Pool, standby: Standby, caplog: pytest.LogCaptureFixture
) -> None:
    primary.execute("CREATE DATABASE others TEMPLATE inboxes")
    primary.execute("UPDATE epochs SET value = '1' WHERE name = 'inbox'", "others")
    present = "SELECT count(*) FROM pg_database WHERE datname = 'others'"
    await eventually(lambda: standby.execute(present) == "1", what="the other database")
    epoch = "SELECT value FROM epochs WHERE name = 'inbox'"
    await eventually(lambda: standby.execute(epoch, "others") == "1", what="its epoch")
    async with watch(pool, standby.uri("others")) as lists:
        await lists.replica.check()
        assert not lists.replica.usable
    assert caplog.records[-1].__dict__["reason"] == "it is the replica of another database"
