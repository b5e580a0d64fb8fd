"""What the failures of a database mean to who asked it: not done, or not known."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from notifications.adapters.postgres import pool as pools
from notifications.adapters.postgres.pool import Connection, Pool, connect, open_pool
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.errors import CommitUnknown, Contended, Misconfigured, Unavailable
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.waiting import eventually

TERMINATE_SLEEPING = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()
"""
PID = "SELECT pg_backend_pid() AS pid"


async def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        await open_pool(f"postgresql://somebody:secret@127.0.0.1:{free_port()}/inbox", 1, 1)
    assert not isinstance(caught.value, CommitUnknown)


async def test_a_server_that_never_answers_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        await open_pool(f"postgresql://somebody:secret@127.0.0.1:{silent.getsockname()[1]}/inbox", 1, 1)


@pytest.mark.parametrize("wrong", ["user", "password", "database"])
async def test_a_refused_connection_is_misconfigured(postgres: Postgres, wrong: str) -> None:
    parts = urlsplit(postgres.uri())
    given = {"user": parts.username, "password": parts.password, "database": "postgres", wrong: "mistaken"}
    with pytest.raises(Misconfigured, match="refuses") as caught:
        await open_pool(
            f"postgresql://{given['user']}:{given['password']}@{parts.netloc.split('@')[1]}/{given['database']}", 1, 1
        )
    assert str(parts.password) not in str(caught.value)


@pytest.mark.parametrize("uri", ["", "nonsense", "postgresql://u:hush@h:port/d", "mysql://u:hush@localhost/d"])
async def test_an_address_that_is_none_is_misconfigured_and_not_quoted(uri: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await connect(uri, 1)
    assert "hush" not in str(caught.value)


async def test_a_connection_lost_while_reading_is_unavailable(pool: Pool, inbox_database: str) -> None:
    async def read() -> object:
        return await pool.read("SELECT pg_sleep(30)")

    error = await _error_after(read, _terminate(inbox_database))
    assert type(error) is Unavailable


async def test_a_connection_lost_while_writing_leaves_the_outcome_unknown(pool: Pool, inbox_database: str) -> None:
    async def write() -> object:
        return await pool.write(lambda connection: connection.execute("SELECT pg_sleep(30)"))

    error = await _error_after(write, _terminate(inbox_database))
    assert type(error) is CommitUnknown


async def test_a_connection_lost_before_the_commit_was_sent_is_unavailable(pool: Pool, inbox_database: str) -> None:
    lost = asyncio.Event()

    async def work(connection: Connection) -> None:
        async with connection.transaction():
            pid = await connection.fetchval(PID)
            await _terminate_pid(inbox_database, pid)
            await eventually(lambda: _is_lost(connection), what="the end of the connection")
            lost.set()
            await connection.execute("SELECT 1")

    with pytest.raises(Unavailable) as caught:
        await pool.write(work)
    assert lost.is_set()
    assert type(caught.value) is Unavailable


async def test_a_statement_that_takes_too_long_was_not_done(pool: Pool) -> None:
    with pytest.raises(Unavailable) as caught:
        await pool.write(lambda connection: connection.execute("SET LOCAL statement_timeout = 50; SELECT pg_sleep(9)"))
    assert type(caught.value) is Contended


async def test_a_lock_that_is_not_to_be_had_means_not_done(pool: Pool, inbox_database: str) -> None:
    await PostgresSubmissions(pool).accept([write_submission("alice")])
    holder = await asyncpg.connect(inbox_database)

    async def work(connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = 50")
            await connection.execute("SELECT * FROM inbox_heads FOR UPDATE")

    async with holder.transaction():
        await holder.execute("SELECT * FROM inbox_heads FOR UPDATE")
        with pytest.raises(Unavailable) as caught:
            await pool.write(work)
    await holder.close()
    assert type(caught.value) is Contended


async def test_a_backend_that_freezes_leaves_the_outcome_unknown(
    inbox_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "COMMAND_TIMEOUT", 0.3)
    pool = await open_pool(inbox_database, 1, 1)
    pid = (await pool.read(PID))[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(CommitUnknown):
            await PostgresSubmissions(pool).accept([write_submission("alice")])
    finally:
        os.kill(pid, signal.SIGCONT)
    await eventually(lambda: _answers(pool), what="an answer of the pool")
    await pool.close()


async def test_too_many_connections_are_unavailable(pool: Pool, postgres: Postgres, inbox_database: str) -> None:
    name = inbox_database.rsplit("/", 1)[1]
    postgres.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    postgres.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    try:
        with pytest.raises(Unavailable):
            await open_pool(f"postgresql://plain:plain@127.0.0.1:{postgres.port}/{name}", 1, 1)
    finally:
        postgres.execute("DROP ROLE plain")
        postgres.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')


async def test_a_pool_without_a_free_connection_is_unavailable(
    inbox_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT", 0.1)
    pool = await open_pool(inbox_database, 1, 1)
    taken, release = asyncio.Event(), asyncio.Event()

    async def hold(_: Connection) -> None:
        taken.set()
        await release.wait()

    holder = asyncio.create_task(pool.write(hold))
    await taken.wait()
    with pytest.raises(Unavailable):
        await pool.read(PID)
    release.set()
    await holder
    await pool.close()


async def test_a_closed_pool_is_unavailable(inbox_database: str) -> None:
    pool = await open_pool(inbox_database, 1, 1)
    await pool.close()
    with pytest.raises(Unavailable):
        await pool.read(PID)


async def test_a_mistake_in_our_sql_is_not_hidden(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.read("SELECT * FROM nowhere")
    with pytest.raises(asyncpg.CheckViolationError):
        await PostgresSubmissions(pool).accept([write_submission("x" * 129)])


async def test_a_deadlock_is_tried_again(pool: Pool) -> None:
    await PostgresSubmissions(pool).accept([write_submission("alice", "bob")])
    both_hold_one, one_is_done = asyncio.Barrier(2), asyncio.Event()
    attempts: list[str] = []

    async def lock(connection: Connection, user: str) -> None:
        query = "SELECT 1 FROM inbox_heads WHERE tenant = $1 AND recipient = $2 FOR UPDATE"
        await connection.execute(query, TENANT, user)

    def locking(first: str, second: str) -> Callable[[Connection], Awaitable[None]]:
        async def work(connection: Connection) -> None:
            attempts.append(first)
            if attempts.count(first) > 1:
                await one_is_done.wait()
            async with connection.transaction():
                await lock(connection, first)
                if attempts.count(first) == 1:
                    await both_hold_one.wait()
                await lock(connection, second)
            one_is_done.set()

        return work

    await asyncio.gather(pool.write(locking("alice", "bob")), pool.write(locking("bob", "alice")))
    assert len(attempts) == 3


async def test_a_deadlock_that_does_not_end_is_contention(pool: Pool) -> None:
    attempts: list[int] = []

    async def work(connection: Connection) -> None:
        attempts.append(1)
        raise asyncpg.DeadlockDetectedError("again")

    with pytest.raises(Unavailable) as caught:
        await pool.write(work)
    assert type(caught.value) is Contended
    assert len(attempts) == pools.ATTEMPTS


async def test_a_transaction_left_open_by_a_cancelled_task_is_not_inherited(inbox_database: str) -> None:
    pool = await open_pool(inbox_database, 1, 1)
    inside = asyncio.Event()

    async def work(connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute("DELETE FROM epochs")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(pool.write(work))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await pool.read("SELECT count(*) AS epochs, pg_current_xact_id_if_assigned() AS xid FROM epochs"))[0][
        "xid"
    ] is None
    assert (await pool.read("SELECT count(*) AS epochs FROM epochs"))[0]["epochs"] == 1
    await pool.close()


async def _error_after(act: Callable[[], Awaitable[object]], harm: Callable[[], Awaitable[None]]) -> BaseException:
    task = asyncio.ensure_future(act())
    await harm()
    (error,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(error, BaseException)
    return error


def _terminate(uri: str) -> Callable[[], Awaitable[None]]:
    """End every session that sleeps, as soon as there is one."""

    async def terminate() -> None:
        connection = await asyncpg.connect(uri)
        await eventually(lambda: connection.fetch(TERMINATE_SLEEPING), what="a session that sleeps")
        await connection.close()

    return terminate


async def _terminate_pid(uri: str, pid: int) -> None:
    connection = await asyncpg.connect(uri)
    await connection.execute("SELECT pg_terminate_backend($1)", pid)
    await connection.close()


async def _answers(pool: Pool) -> bool:
    try:
        return bool(await pool.read(PID))
    except Unavailable:
        return False


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def test_a_plan_from_when_its_tables_were_empty_is_made_again(
    inbox_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.adapters.postgres.pool.PLAN_LIFETIME", 1)
    pool = await open_pool(inbox_database, 1, 1)
    prepared = "SELECT prepare_time FROM pg_prepared_statements WHERE statement LIKE 'SELECT prepare_time%'"
    (first,) = await pool.read(prepared)

    async def is_made_again() -> bool:
        (now,) = await pool.read(prepared)
        return bool(now["prepare_time"] > first["prepare_time"])

    await eventually(is_made_again, what="another plan")
    await pool.close()
