"""Digests: one record for a user, channel and hour, by a unique key."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.rows import ALIVE, COLUMNS, notification
from notifications.domain.digest import Digest, Edition
from notifications.domain.jobs import Job, Queue
from notifications.domain.preferences import Frequency

LOCK_JOB: Final = """
SELECT created_at, coalesce(since, queued_at) AS queued_at
FROM outbox
WHERE (notification_id, channel, tenant, recipient, turn) = ($1, $2, $3, $4, $5)
FOR UPDATE
"""
# Weekly wins: the digest of a Monday may hold what was wished for daily and for weekly
OPEN: Final = """
INSERT INTO digests AS known (id, tenant, recipient, channel, period, due_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, now())
ON CONFLICT (tenant, recipient, channel, due_at) DO UPDATE SET period = greatest(known.period, excluded.period)
RETURNING id, created_at, closed_at, id = $1 AS fresh
"""
COLLECT: Final = """
WITH item AS (
    INSERT INTO digest_items (digest_id, notification_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
), settled AS (
    DELETE FROM outbox WHERE (notification_id, channel) = ($2, $4)
)
INSERT INTO deliveries (notification_id, channel, tenant, state, attempts, updated_at)
VALUES ($2, $4, $5, 'digested', 0, now())
ON CONFLICT (notification_id, channel) DO UPDATE SET state = excluded.state, reason = NULL, updated_at = now()
"""
QUEUE: Final = """
INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, queued_at, digest, follow_up)
VALUES ($1, $2, $3, $4, $5, $6, $7, true, false)
"""
CLOSE: Final = """
UPDATE digests
SET closed_at = coalesce(closed_at, now())
WHERE id = $1 AND tenant = $2 AND recipient = $3
RETURNING period
"""
READ: Final = f"""
SELECT {COLUMNS}, count(*) OVER () AS total
FROM digest_items i
JOIN notifications n ON n.id = i.notification_id AND n.created_at = i.created_at
WHERE i.digest_id = $1 AND n.read_at IS NULL AND n.archived_at IS NULL AND {ALIVE}
ORDER BY i.created_at DESC, n.id DESC
LIMIT $2
"""
TRIED: Final = "SELECT attempts, hand_outs FROM deliveries WHERE (notification_id, channel) = ($1, $2)"


class PostgresDigests:
    """The DigestStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def collect(self, job: Job, digest: Digest) -> bool:
        """Put the notification of a job into the digest of an hour."""
        return await self._pool.write(lambda connection: _collect(connection, job, digest))

    async def edit(self, job: Job, limit: int) -> Edition | None:
        """Close a digest and return what it has to tell."""
        return await self._pool.write(lambda connection: _edit(connection, job, limit))


async def _collect(connection: Connection, job: Job, digest: Digest) -> bool:
    async with connection.transaction():
        held = await connection.fetchrow(LOCK_JOB, *_key(job))
        if held is None:
            return True
        owner = job.owner.tenant, job.owner.user, job.channel
        (row,) = await connection.fetch(OPEN, digest.id, *owner, digest.period, digest.due_at)
        if row["closed_at"] is not None:
            return False
        item = row["id"], job.notification, held["created_at"]
        await connection.execute(COLLECT, *item, job.channel, job.owner.tenant)
        if row["fresh"]:
            place = job.channel, job.owner.tenant, job.owner.user, Queue.LOW
            await connection.execute(QUEUE, row["id"], *place, row["created_at"], digest.due_at)
    return True


async def _edit(connection: Connection, job: Job, limit: int) -> Edition | None:
    async with connection.transaction():
        held = await connection.fetchrow(LOCK_JOB, *_key(job))
        if held is None:
            return None
        period = await connection.fetchval(CLOSE, job.notification, job.owner.tenant, job.owner.user)
        rows = await connection.fetch(READ, job.notification, limit)
        tried = await connection.fetchrow(TRIED, job.notification, job.channel)
    if period is None:
        return None
    attempts = (tried["attempts"], tried["hand_outs"]) if tried else (0, 0)
    total = rows[0]["total"] if rows else 0
    return Edition(Frequency(period), tuple(map(notification, rows)), total, held["queued_at"], *attempts)


def _key(job: Job) -> tuple[object, ...]:
    return job.notification, job.channel, job.owner.tenant, job.owner.user, job.turn
