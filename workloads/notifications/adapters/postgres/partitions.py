"""Months of notifications. Each has a partition, made ahead: an insert must never wait for one, or meet none."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool

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
        """Make what is missing for this month and the next ones; return the names of what was made."""
        return await self._pool.write(lambda connection: ensure_partitions(connection, now))


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
