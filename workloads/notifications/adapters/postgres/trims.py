"""Rows that are kept for a time and have no partition to go with: deleted in batches, in the order of their age."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from notifications.adapters.postgres.pool import Connection
from notifications.domain.ids import uuid7

_log = logging.getLogger(__name__)

TRIM_BATCH: Final = 2_000
# Ids of a request's copies are made a moment after the request
_SLACK: Final = timedelta(hours=1)
_FIRST_ID: Final = UUID(int=0)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)

# Each deletes at most $3 rows from $2 on and before $1, so that a batch does not walk over what the last one deleted.
# The floor rises in the same commit as the change goes, heads locked in their order.
CHANGES: Final = """
WITH old AS (
    SELECT tenant, recipient, seq, at
    FROM inbox_changes
    WHERE at >= $2 AND at < $1
    ORDER BY at
    LIMIT $3
), locked AS (
    SELECT tenant, recipient, lost.seq
    FROM inbox_heads h
    JOIN (SELECT tenant, recipient, max(seq) AS seq FROM old GROUP BY tenant, recipient) lost USING (tenant, recipient)
    ORDER BY tenant, recipient
    FOR UPDATE OF h
), raised AS (
    UPDATE inbox_heads h
    SET floor = greatest(h.floor, locked.seq)
    FROM locked
    WHERE (h.tenant, h.recipient) = (locked.tenant, locked.recipient)
), gone AS (
    DELETE FROM inbox_changes c USING old
    WHERE (c.tenant, c.recipient, c.seq) = (old.tenant, old.recipient, old.seq)
)
SELECT count(*) AS count, max(at) AS last FROM old
"""
DELIVERIES: Final = """
WITH old AS (
    SELECT notification_id, channel
    FROM deliveries
    WHERE notification_id >= $2 AND notification_id < $1
    ORDER BY notification_id, channel
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM deliveries d USING old
    WHERE (d.notification_id, d.channel) = (old.notification_id, old.channel)
)
SELECT count(*) AS count, (array_agg(notification_id ORDER BY notification_id DESC))[1] AS last FROM old
"""
DEAD_LETTERS: Final = """
WITH old AS (
    SELECT notification_id, channel, died_at
    FROM dead_letters
    WHERE died_at >= $2 AND died_at < $1
    ORDER BY died_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM dead_letters d USING old
    WHERE (d.notification_id, d.channel) = (old.notification_id, old.channel)
)
SELECT count(*) AS count, max(died_at) AS last FROM old
"""


ROOM_REQUESTS: Final = """
WITH old AS (
    SELECT id
    FROM room_requests
    WHERE id >= $2 AND id < $1 AND state <> 'accepted'
    ORDER BY id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM room_requests r USING old WHERE r.id = old.id
)
SELECT count(*) AS count, (array_agg(id ORDER BY id DESC))[1] AS last FROM old
"""
# Their items go with them; one whose job is open keeps its month
DIGESTS: Final = """
WITH old AS (
    SELECT id, created_at
    FROM digests
    WHERE created_at >= $2 AND created_at < $1
    ORDER BY created_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM digests d USING old WHERE d.id = old.id
)
SELECT count(*) AS count, max(created_at) AS last FROM old
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """The beginning of the oldest month that is kept, and since when dead letters are."""

    months_from: datetime
    dead_letters_from: datetime


async def trim(connection: Connection, kept: Kept) -> None:
    """Delete what is older."""
    oldest_id = uuid7(kept.months_from - _SLACK, 0)
    await _trim(connection, "inbox_changes", CHANGES, kept.months_from, _EARLIEST)
    await _trim(connection, "deliveries", DELIVERIES, oldest_id, _FIRST_ID)
    await _trim(connection, "room_requests", ROOM_REQUESTS, oldest_id, _FIRST_ID)
    await _trim(connection, "digests", DIGESTS, kept.months_from, _EARLIEST)
    await _trim(connection, "dead_letters", DEAD_LETTERS, kept.dead_letters_from, _EARLIEST)


async def _trim(connection: Connection, table: str, query: str, before: object, last: object) -> None:
    total, count = 0, TRIM_BATCH
    while count == TRIM_BATCH:
        count, last = await connection.fetchrow(query, before, last, TRIM_BATCH)  # type: ignore[misc]
        total += count
    if total:
        _log.info("old rows deleted", extra={"table": table, "rows": total})
