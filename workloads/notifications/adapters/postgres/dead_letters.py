"""Dead letters. Their rows are locked in the order of their key."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from notifications.adapters.postgres.pool import Pool, Record
from notifications.domain.dead_letter import DeadLetter, Failure, LetterKey, Place, Retry
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey

# OFFSET 0: one look at the index for each letter, whatever the planner thinks of a limit that it does not know
LETTERS: Final = """
SELECT d.notification_id, d.channel, d.tenant, d.recipient, n.type, d.reason, d.attempts, d.failures, d.died_at
FROM (
    SELECT *
    FROM dead_letters
    WHERE tenant = $1 AND ($2::text IS NULL OR channel = $2)
        AND (died_at, notification_id, channel) < ($3::timestamptz, $4::uuid, $5::text)
    ORDER BY died_at DESC, notification_id DESC, channel DESC
    LIMIT $6
) d
LEFT JOIN LATERAL (
    SELECT type FROM notifications WHERE id = d.notification_id AND created_at = d.created_at OFFSET 0
) n ON true
ORDER BY d.died_at DESC, d.notification_id DESC, d.channel DESC
"""
ASKED: Final = "SELECT * FROM unnest($2::uuid[], $3::text[]) AS a(notification_id, channel)"

# A push message that was to follow has followed when the letter died
RETRY: Final = f"""
WITH asked AS ({ASKED}), letter AS (
    SELECT d.notification_id, d.channel, CASE
        WHEN d.digest AND EXISTS (SELECT FROM digests WHERE id = d.notification_id) THEN 'retried'
        WHEN n.id IS NULL THEN 'gone'
        WHEN n.cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN n.expires_at <= now() THEN 'expired'
        ELSE 'retried' END AS outcome
    FROM dead_letters d
    JOIN asked USING (notification_id, channel)
    LEFT JOIN notifications n ON n.id = d.notification_id AND n.created_at = d.created_at
    WHERE d.tenant = $1
    ORDER BY d.notification_id, d.channel
    FOR UPDATE OF d
), retried AS (
    DELETE FROM dead_letters d
    USING letter l
    WHERE (d.notification_id, d.channel) = (l.notification_id, l.channel) AND l.outcome = 'retried'
    RETURNING d.*
), queued AS (
    INSERT INTO outbox
        (notification_id, channel, tenant, recipient, queue, created_at, queued_at, turn, digest, follow_up)
    SELECT notification_id, channel, tenant, recipient, queue, created_at, now(), turn + 1, digest, false
    FROM retried
    ON CONFLICT (notification_id, channel) DO NOTHING
), logged AS (
    UPDATE deliveries d
    SET state = 'retrying', attempts = 0, hand_outs = 0, updated_at = now()
    FROM retried r
    WHERE (d.notification_id, d.channel) = (r.notification_id, r.channel)
)
SELECT notification_id, channel, outcome FROM letter
"""
DISCARD: Final = f"""
WITH asked AS ({ASKED}), letter AS (
    SELECT notification_id, channel
    FROM dead_letters
    JOIN asked USING (notification_id, channel)
    WHERE tenant = $1
    ORDER BY notification_id, channel
    FOR UPDATE OF dead_letters
)
DELETE FROM dead_letters d
USING letter l
WHERE (d.notification_id, d.channel) = (l.notification_id, l.channel)
RETURNING d.notification_id, d.channel
"""

_NEWEST: Final = (datetime.max.replace(tzinfo=UTC), UUID(int=0), "")


class PostgresDeadLetters:
    """The DeadLetterStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def letters(
        self, tenant: str, channel: Channel | None, before: Place | None, limit: int
    ) -> tuple[DeadLetter, ...]:
        """Return at most `limit` that stand before a place."""
        end = (before.died_at, before.key.id, before.key.channel) if before else _NEWEST
        return tuple(map(_letter, await self._pool.read(LETTERS, tenant, channel, *end, limit)))

    async def retry(self, tenant: str, keys: Collection[LetterKey]) -> dict[LetterKey, Retry]:
        """Queue the jobs of dead letters again, and delete the letters."""
        columns = _columns(keys)
        rows = await self._pool.write(lambda connection: connection.fetch(RETRY, tenant, *columns))
        return {**dict.fromkeys(keys, Retry.UNKNOWN), **{_key(row): Retry(row["outcome"]) for row in rows}}

    async def discard(self, tenant: str, keys: Collection[LetterKey]) -> Collection[LetterKey]:
        """Delete dead letters and return which there were."""
        columns = _columns(keys)
        rows = await self._pool.write(lambda connection: connection.fetch(DISCARD, tenant, *columns))
        return {_key(row) for row in rows}


def _columns(keys: Iterable[LetterKey]) -> tuple[list[UUID], list[str]]:
    """Return the columns of ASKED."""
    asked = list(dict.fromkeys(keys))
    return [key.id for key in asked], [key.channel for key in asked]


def _key(row: Record) -> LetterKey:
    return LetterKey(row["notification_id"], Channel(row["channel"]))


def _letter(row: Record) -> DeadLetter:
    return DeadLetter(
        key=_key(row),
        owner=UserKey(row["tenant"], row["recipient"]),
        type=row["type"],
        reason=row["reason"],
        attempts=row["attempts"],
        history=tuple(_failure(failure) for failure in json.loads(row["failures"])),
        died_at=row["died_at"],
    )


def _failure(failure: dict[str, str | None]) -> Failure:
    return Failure(datetime.fromisoformat(failure["at"] or ""), failure["reason"] or "")
