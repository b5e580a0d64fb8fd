"""Months of notifications. Each has a partition, made ahead: an insert must never wait for one, or meet none."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, TypeVar

import asyncpg

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.domain.errors import Unavailable

T = TypeVar("T")
_log = logging.getLogger(__name__)

MONTHS_AHEAD: Final = 2

# From the catalog's tables: to_regclass may answer from a cache that does not know what was made under the lock before
_MISSING: Final = """
SELECT name
FROM unnest($1::text[]) WITH ORDINALITY AS month(name, n)
WHERE name NOT IN (
    SELECT c.relname
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'notifications'::regclass
)
ORDER BY n
"""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('notifications partitions'))"


@dataclass(frozen=True, slots=True)
class Month:
    """One partition: from the first moment of a month to the first of the next, in UTC."""

    name: str
    begins: datetime
    ends: datetime


class Partitions:
    """Makes partitions ahead; call it at least once a month."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ensure(self, now: datetime) -> list[str]:
        """Make what is missing for this month and the next ones; return the names of what was made.

        A role that may make none says so in the log, once each time: it can do all else.
        """
        try:
            return await self._pool.write(lambda connection: ensure_partitions(connection, now))
        except asyncpg.InsufficientPrivilegeError:
            _log.error("months to come have no partition, and this role may make none: run `notifications setup`")
            return []


async def write_dated(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Have `work` write notifications; if their month has no partition, for nobody kept house for long, make it first.

    Raises Unavailable if the database has no place for them then either.
    """
    try:
        return await pool.write(work)
    except asyncpg.CheckViolationError as error:
        _require_missing(error)
    try:
        made = await pool.write(_ensure_this_month)
        _log.error("this month had no partition: does a worker keep house?", extra={"partitions": made})
        return await pool.write(work)
    except asyncpg.InsufficientPrivilegeError as error:
        raise Unavailable(
            "this month has no partition, and this role may make none: run `notifications setup`"
        ) from error
    except asyncpg.CheckViolationError as error:
        _require_missing(error)
        raise Unavailable("no month has a place for this: set the clock here, or that of the database") from error


async def ensure_partitions(connection: Connection, now: datetime) -> list[str]:
    """Make what is missing for the month of `now` and MONTHS_AHEAD more; return the names of what was made."""
    months = {month.name: month for month in months_from(now, 1 + MONTHS_AHEAD)}
    if not await _missing(connection, months):
        return []
    async with connection.transaction():
        await connection.execute(_LOCK)
        missing = await _missing(connection, months)
        for name in missing:
            await _make(connection, months[name])
    return missing


def months_from(now: datetime, count: int) -> list[Month]:
    """Return `count` months, the one of `now` first."""
    first = now.astimezone(UTC)
    number = first.year * 12 + first.month - 1
    edges = [_first_of(number + offset) for offset in range(count + 1)]
    return [Month(f"notifications_{a:%Y_%m}", a, b) for a, b in pairwise(edges)]


def month_named(name: str) -> Month:
    """Return the month of a partition."""
    year, month = name.removeprefix("notifications_").split("_")
    return months_from(datetime(int(year), int(month), 1, tzinfo=UTC), 1)[0]


def _first_of(number: int) -> datetime:
    """Return the first moment of a month, counted from year 0."""
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _require_missing(error: asyncpg.CheckViolationError) -> None:
    """Raise the error again if it is about a constraint, not about a partition."""
    if error.constraint_name is not None:
        raise error


async def _ensure_this_month(connection: Connection) -> list[str]:
    """By the database's clock: one that is wrong here must not make partitions for other times."""
    return await ensure_partitions(connection, await connection.fetchval("SELECT now()"))


async def _missing(connection: Connection, months: dict[str, Month]) -> list[str]:
    return [row["name"] for row in await connection.fetch(_MISSING, list(months))]


async def _make(connection: Connection, month: Month) -> None:
    """Attach a table that stands already: CREATE TABLE ... PARTITION OF would lock out every reader and writer."""
    # Notifications are updated when delivered and when read; room in the block keeps the first off the indexes
    await connection.execute(f"CREATE TABLE {month.name} (LIKE notifications INCLUDING ALL) WITH (fillfactor = 85)")
    await connection.execute(
        f"ALTER TABLE notifications ATTACH PARTITION {month.name}"
        f" FOR VALUES FROM ('{month.begins.isoformat()}') TO ('{month.ends.isoformat()}')"
    )
