"""The schema moves forward, once, whoever starts it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from notifications.adapters.postgres import migrate
from notifications.adapters.postgres.epochs import new_inbox_epoch
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.migrate import Migration, migrations, set_up
from notifications.adapters.postgres.pool import Connection, Pool
from notifications.domain.errors import Misconfigured
from notifications.domain.notification import UserKey
from tests.support.waiting import eventually

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
FIRST = Migration("0001_first", "CREATE TABLE first (n int); INSERT INTO first VALUES (1);")
SECOND = Migration("0002_second", "ALTER TABLE first ADD COLUMN m int;")


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
def inbox_database(own_database: str) -> str:
    """These tests change the schema."""
    return own_database


async def test_an_empty_database_gets_every_migration_in_order(database: str) -> None:
    assert await set_up(database, NOW) == [migration.name for migration in migrations()]


async def test_setting_up_again_changes_nothing(database: str, connection: Connection) -> None:
    await set_up(database, NOW)
    before = await _everything(connection)
    assert await set_up(database, NOW) == []
    assert await _everything(connection) == before


async def test_five_that_set_up_at_once_apply_each_migration_once(database: str) -> None:
    applied = await asyncio.gather(*(set_up(database, NOW) for _ in range(5)))
    assert sorted(name for names in applied for name in names) == [migration.name for migration in migrations()]


async def test_only_what_is_missing_is_applied(connection: Connection) -> None:
    assert await migrate.migrate(connection, [FIRST]) == ["0001_first"]
    assert await migrate.migrate(connection, [FIRST, SECOND]) == ["0002_second"]
    assert await connection.fetchval("SELECT count(m) FROM first") == 0


async def test_an_older_release_leaves_a_newer_schema_alone(connection: Connection) -> None:
    await migrate.migrate(connection, [FIRST, SECOND])
    assert await migrate.migrate(connection, [FIRST]) == []
    assert await connection.fetchval("SELECT count(*) FROM schema_migrations") == 2


async def test_a_migration_that_was_changed_is_refused(connection: Connection) -> None:
    await migrate.migrate(connection, [FIRST])
    with pytest.raises(Misconfigured, match="0001_first"):
        await migrate.migrate(connection, [Migration("0001_first", FIRST.sql + " ")])


async def test_a_migration_that_fails_leaves_nothing_behind(connection: Connection) -> None:
    broken = Migration("0002_second", "CREATE TABLE half (n int); SELECT nonsense;")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate.migrate(connection, [FIRST, broken])
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert await migrate.migrate(connection, [FIRST, SECOND]) == ["0002_second"]


async def test_a_migration_that_waits_for_a_lock_lets_others_pass(
    database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_PAUSE", 0.1)
    await migrate.migrate(connection, [FIRST])
    backup, passer = await asyncpg.connect(database), await asyncpg.connect(database)
    async with backup.transaction():
        await backup.fetch("SELECT * FROM first")
        moving = asyncio.create_task(migrate.migrate(connection, [FIRST, SECOND]))
        await eventually(lambda: passer.fetchval("SELECT bool_or(NOT granted) FROM pg_locks"))
        async with asyncio.timeout(migrate.LOCK_TIMEOUT + 2):
            assert len(await passer.fetch("SELECT * FROM first")) == 1
        assert not moving.done()
    assert await moving == ["0002_second"]
    await backup.close()
    await passer.close()


async def test_an_index_is_built_while_others_write_and_anew_if_it_failed(
    database: str, connection: Connection
) -> None:
    await migrate.migrate(connection, [FIRST])
    await connection.execute("INSERT INTO first VALUES (1)")
    index = Migration(
        "0002_index_concurrently",
        "DROP INDEX CONCURRENTLY IF EXISTS numbers;\nCREATE UNIQUE INDEX CONCURRENTLY numbers ON first (n);\n",
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await migrate.migrate(connection, [FIRST, index])
    await connection.execute("DELETE FROM first WHERE ctid = '(0,1)'")
    writer = await asyncpg.connect(database)
    async with writer.transaction():
        await writer.execute("INSERT INTO first VALUES (2)")
        building = asyncio.create_task(migrate.migrate(connection, [FIRST, index]))
        passer = await asyncpg.connect(database)
        await eventually(lambda: passer.fetchval("SELECT bool_or(NOT granted) FROM pg_locks"))
        await passer.execute("INSERT INTO first VALUES (3)")
        assert not building.done()
    assert await building == ["0002_index_concurrently"]
    assert await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'numbers'::regclass")
    assert await migrate.migrate(connection, [FIRST, index]) == []
    await writer.close()
    await passer.close()


def test_a_checksum_is_of_the_text() -> None:
    assert FIRST.checksum == hashlib.sha256(FIRST.sql.encode()).hexdigest()


async def test_the_epoch_stays_until_it_is_renewed(inbox_database: str, pool: Pool) -> None:
    inbox, alice = PostgresInbox(pool), UserKey("acme", "alice")
    before = (await inbox.head(alice)).epoch
    await set_up(inbox_database, NOW)
    assert (await inbox.head(alice)).epoch == before
    renewed = await new_inbox_epoch(inbox_database)
    assert renewed != before
    assert (await inbox.head(alice)).epoch == renewed


async def test_a_database_without_epoch_says_what_to_do(pool: Pool) -> None:
    await pool.write(lambda connection: connection.execute("DELETE FROM epochs"))
    with pytest.raises(Misconfigured, match="notifications setup"):
        await PostgresInbox(pool).head(UserKey("acme", "alice"))


async def _everything(connection: Connection) -> list[object]:
    tables = await connection.fetch("SELECT oid, relname, relfilenode FROM pg_class WHERE relname !~ '^pg_' ORDER BY 1")
    epochs = await connection.fetch("SELECT * FROM epochs ORDER BY 1")
    return [*map(tuple, tables), *map(tuple, epochs)]
