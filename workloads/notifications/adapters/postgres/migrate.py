"""The schema: numbered files, applied once each, only forward.

A database that knows newer files than this release is left alone: every migration keeps the previous release working.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final

import asyncpg

from notifications.adapters.postgres.epochs import ensure_inbox_epoch
from notifications.adapters.postgres.partitions import ensure_partitions
from notifications.adapters.postgres.pool import CLOSE_TIMEOUT, Connection, Pool, answer, connect
from notifications.domain.errors import Misconfigured, Unavailable

_log = logging.getLogger(__name__)

PATIENCE: Final = 600.0
# An index that is built while others write; as long as a Job for it may take
LONGEST_STATEMENT: Final = 3600.0
# Whoever comes after a migration that waits for a lock, waits behind it: it steps back, and tries again
LOCK_TIMEOUT: Final = 1.0
LOCK_PAUSE: Final = 4.0
LOCK_ATTEMPTS: Final = 100

# Held until the session ends
_LOCK: Final = "SELECT pg_advisory_lock(hashtext('notifications migrations'))"
_CREATE: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_EXISTS: Final = "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists"
_APPLIED: Final = "SELECT name, checksum FROM schema_migrations"
_STEP_BACK: Final = "SELECT set_config('lock_timeout', $1, true)"
_RECORD: Final = "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder `schema`."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return what tells whether the file was changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def is_concurrent(self) -> bool:
        """Whether its statements run one after the other, outside of a transaction, and stop nobody from writing.

        Each ends its line with a semicolon, and all are harmless to repeat: what failed begins anew.
        """
        return self.name.endswith("_concurrently")


async def set_up(uri: str, now: datetime) -> list[str]:
    """Bring the database to this release: schema, partitions, epoch. Harmless to repeat, also at the same time.

    Returns the names of the migrations that were applied. Raises Misconfigured or Unavailable.
    """
    connection = await connect(uri, PATIENCE)
    try:
        return await answer(connection, _set_up(connection, now), Unavailable)
    finally:
        await connection.close(timeout=CLOSE_TIMEOUT)


async def require_set_up(pool: Pool) -> None:
    """Raise Misconfigured unless the database has everything that this release needs; Unavailable without answer."""
    (found,) = await pool.read(_EXISTS)
    applied = {row["name"] for row in await pool.read(_APPLIED)} if found["exists"] else set()
    if missing := [migration.name for migration in migrations() if migration.name not in applied]:
        raise Misconfigured(f"the database lacks {', '.join(missing)}: run `notifications setup`")


def migrations() -> list[Migration]:
    """Return the migrations of this release in their order."""
    folder = resources.files("notifications.adapters.postgres") / "schema"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


async def migrate(connection: Connection, wanted: Iterable[Migration]) -> list[str]:
    """Apply what is missing and return the names. The caller keeps others out.

    Each is one transaction, unless it is concurrent. Raises Misconfigured if a file was changed after it was applied.
    """
    await connection.execute(_CREATE)
    known = {row["name"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
    applied = []
    for migration in wanted:
        if migration.name not in known:
            await _insist(connection, migration)
            applied.append(migration.name)
        elif known[migration.name] != migration.checksum:
            raise Misconfigured(f"migration {migration.name} is not what this database was made with: restore the file")
    return applied


async def _set_up(connection: Connection, now: datetime) -> list[str]:
    await connection.execute(_LOCK)
    applied = await migrate(connection, migrations())
    await ensure_partitions(connection, now)
    await ensure_inbox_epoch(connection)
    return applied


async def _insist(connection: Connection, migration: Migration) -> None:
    for _ in range(LOCK_ATTEMPTS - 1):
        try:
            return await _apply(connection, migration)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            _log.warning("%s waits for somebody who uses its tables, perhaps a backup", migration.name)
            await asyncio.sleep(LOCK_PAUSE)
    return await _apply(connection, migration)


async def _apply(connection: Connection, migration: Migration) -> None:
    if migration.is_concurrent:
        for statement in migration.sql.strip().removesuffix(";").split(";\n"):
            await connection.execute(statement, timeout=LONGEST_STATEMENT)
        await connection.execute(_RECORD, migration.name, migration.checksum)
        return
    async with connection.transaction():
        await connection.execute(_STEP_BACK, f"{LOCK_TIMEOUT:g}s")
        await connection.execute(migration.sql)
        await connection.execute(_RECORD, migration.name, migration.checksum)
