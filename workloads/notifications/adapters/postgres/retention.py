"""Months that are no longer kept, dropped whole and in steps, each of which may be the last before a crash.

Floors rise first, then the partition is marked, detached and dropped: whoever comes next goes on where the marks say.
A cursor below a floor is told to load the inbox anew, so nobody meets a hole that he was not told of.
"""
# ruff: noqa: S608 - statements name partitions, whose names come from the catalog and match MONTH

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import asyncpg

from notifications.adapters.postgres.partitions import Month, month_named
from notifications.adapters.postgres.pool import CLOSE_TIMEOUT, SESSION, Connection, answer, connect
from notifications.adapters.postgres.trims import Kept, trim
from notifications.domain.errors import Misconfigured, Unavailable
from notifications.domain.ids import uuid7
from notifications.domain.limits import DEAD_LETTERS_KEPT

_log = logging.getLogger(__name__)

FLOOR_BATCH: Final = 500
PATIENCE: Final = 65.0
# To detach waits for statements under way, and others do not wait for it; but this may last for as long as a backup
SETTINGS: Final = {**SESSION, "statement_timeout": "60s", "lock_timeout": "5s"}
MONTH: Final = "^notifications_[0-9]{4}_(0[1-9]|1[0-2])$"
MARK: Final = "dropped by retention"

# CONCURRENTLY, or FINALIZE where that was cut short: everybody else reads and writes meanwhile
_DETACH: Final = "ALTER TABLE notifications DETACH PARTITION"
# A default partition, a role that owns no tables, somebody's view
_PREVENTED: Final = (
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.DependentObjectsStillExistError,
)

_CONFIGURE: Final = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s(name, value)"
# Held until the connection ends
_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('notifications retention'))"

# A table that somebody else has detached, to keep it elsewhere, is none of ours: it lacks the mark
FIND: Final = f"""
SELECT c.relname AS name, CASE
    WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS state
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'notifications'::regclass)
    AND c.relname ~ '{MONTH}' AND c.relkind = 'r'
    AND (i.inhparent = 'notifications'::regclass
        OR i.inhrelid IS NULL AND obj_description(c.oid, 'pg_class') = '{MARK}')
ORDER BY name
"""

# What was held counts from the moment when it was shown
_NEEDED: Final = """
SELECT CASE
    WHEN EXISTS (SELECT FROM outbox WHERE created_at >= $1 AND created_at < $2) THEN 'jobs without an outcome'
    WHEN EXISTS (
        SELECT FROM room_requests WHERE state = 'accepted' AND id >= $4 AND id < $5
    ) THEN 'requests to rooms whose members are not reached yet'
    WHEN EXISTS (
        SELECT FROM outbox o JOIN digest_items i ON i.digest_id = o.notification_id
        WHERE o.digest AND i.created_at >= $1 AND i.created_at < $2
    ) THEN 'digests to come'
    WHEN EXISTS (
        SELECT FROM {partition} WHERE seq IS NULL AND release_at IS NOT NULL AND cancelled_at IS NULL
    ) THEN 'held notifications'
    WHEN EXISTS (
        SELECT FROM {partition} WHERE release_at > $3 AND cancelled_at IS NULL
    ) THEN 'notifications that were held until lately'
END
"""

# Heads in their order, as everywhere; $1 and $2 are the last inbox of the batch before
RAISE_FLOORS: Final = """
WITH lost AS (
    SELECT tenant, recipient_id AS recipient, max(seq) AS seq
    FROM {partition}
    WHERE (tenant, recipient_id) > ($1, $2) AND seq IS NOT NULL
    GROUP BY tenant, recipient_id
    ORDER BY tenant, recipient_id
    LIMIT $3
), locked AS (
    SELECT tenant, recipient, lost.seq
    FROM inbox_heads h
    JOIN lost USING (tenant, recipient)
    WHERE h.floor < lost.seq
    ORDER BY tenant, recipient
    FOR UPDATE OF h
), raised AS (
    UPDATE inbox_heads h
    SET floor = greatest(h.floor, locked.seq)
    FROM locked
    WHERE (h.tenant, h.recipient) = (locked.tenant, locked.recipient)
)
SELECT tenant, recipient FROM lost ORDER BY tenant DESC, recipient DESC LIMIT 1
"""


class State(StrEnum):
    """How far a month is on its way out."""

    ATTACHED = "attached"
    DETACHING = "detaching"
    DETACHED = "detached"


@dataclass(frozen=True, slots=True)
class Found:
    """A month that is there."""

    month: Month
    state: State


class Retention:
    """Drops what is older than `days`, over a connection of its own to the address that `read_uri` returns."""

    def __init__(self, read_uri: Callable[[], str], days: int) -> None:
        self._read_uri = read_uri
        self._kept = timedelta(days=days)

    async def enforce(self, now: datetime) -> list[str]:
        """Drop months whose newest row is too old, and what belonged to them; return the names of those partitions.

        Does nothing while another process is at it. Raises Unavailable, and goes on from there the next time.
        """
        async with self._connection() as connection:
            return await answer(connection, self._enforce(connection, now), Unavailable)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            connection = await connect(self._read_uri(), PATIENCE)
        except Misconfigured as error:  # a secret that is being replaced must not end a worker that serves
            raise Unavailable(f"retention cannot connect: {error}") from error
        try:
            yield connection
        finally:
            await connection.close(timeout=CLOSE_TIMEOUT)

    async def _enforce(self, connection: Connection, now: datetime) -> list[str]:
        await connection.fetch(_CONFIGURE, list(SETTINGS), list(SETTINGS.values()))
        if not await connection.fetchval(_LOCK):
            return []
        dropped = await drop_months(connection, now - self._kept)
        if months := await find_months(connection):
            await trim(connection, Kept(months[0].month.begins, now - timedelta(seconds=DEAD_LETTERS_KEPT)))
        return dropped


async def find_months(connection: Connection) -> list[Found]:
    """Return the months of `notifications`, oldest first, and those that were to be dropped when somebody crashed."""
    return [Found(month_named(row["name"]), State(row["state"])) for row in await connection.fetch(FIND)]


async def drop_months(connection: Connection, cutoff: datetime) -> list[str]:
    """Drop every month that ended before `cutoff` and that nothing needs any more, and what was left half dropped."""
    dropped = []
    for found in await find_months(connection):
        if found.state is State.ATTACHED and not await _may_go(connection, found.month, cutoff):
            continue
        try:
            await _drop(connection, found)
        except _PREVENTED as error:
            raise Unavailable(f"{found.month.name} cannot be dropped: {error}") from error
        dropped.append(found.month.name)
        _log.info("partition dropped", extra={"partition": found.month.name})
    return dropped


async def _may_go(connection: Connection, month: Month, cutoff: datetime) -> bool:
    if month.ends > cutoff:
        return False
    query = _NEEDED.format(partition=month.name)
    ids = (uuid7(month.begins, 0), uuid7(month.ends, 0))
    needed = await connection.fetchval(query, month.begins, month.ends, cutoff, *ids)
    if needed:
        _log.warning("partition kept beyond its time", extra={"partition": month.name, "reason": needed})
    return not needed


async def _drop(connection: Connection, found: Found) -> None:
    name = found.month.name
    match found.state:
        case State.ATTACHED:
            await raise_floors(connection, name)
            await connection.execute(f"COMMENT ON TABLE {name} IS '{MARK}'")
            await connection.execute(f"{_DETACH} {name} CONCURRENTLY")
        case State.DETACHING:
            await connection.execute(f"{_DETACH} {name} FINALIZE")
        case State.DETACHED:
            pass
    await connection.execute(f"DROP TABLE {name}")


async def raise_floors(connection: Connection, partition: str) -> None:
    """Raise the floor of every inbox that has something in a partition above it."""
    query, last = RAISE_FLOORS.format(partition=partition), ("", "")
    while row := await connection.fetchrow(query, *last, FLOOR_BATCH):
        last = (row["tenant"], row["recipient"])
