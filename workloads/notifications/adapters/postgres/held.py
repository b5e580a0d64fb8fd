"""Copies that wait for their time, and get their places in inboxes when it has come."""

from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.rows import job
from notifications.domain.jobs import Channel, Job, queue_of
from notifications.domain.notification import Priority

# Heads before rows, as everywhere; an inbox that somebody else is changing is left for the next time
LOCK_HEADS: Final = """
WITH due AS (
    SELECT DISTINCT tenant, recipient_id AS recipient
    FROM (
        SELECT tenant, recipient_id
        FROM notifications
        WHERE seq IS NULL AND release_at <= now() AND cancelled_at IS NULL
        ORDER BY release_at
        LIMIT $1
    ) first
)
SELECT tenant, recipient
FROM inbox_heads
JOIN due USING (tenant, recipient)
ORDER BY tenant, recipient
FOR UPDATE OF inbox_heads SKIP LOCKED
"""

# Looks only now, under the locks: what another releaser committed before them has its number already
RELEASE: Final = """
WITH due AS (
    SELECT n.id, n.created_at, n.tenant, n.recipient_id AS recipient, n.priority,
        row_number() OVER (PARTITION BY n.tenant, n.recipient_id ORDER BY n.release_at, n.id) AS place
    FROM unnest($1::text[], $2::text[]) AS locked(tenant, recipient)
    JOIN notifications n ON n.tenant = locked.tenant AND n.recipient_id = locked.recipient
    WHERE n.seq IS NULL AND n.release_at <= now() AND n.cancelled_at IS NULL
    ORDER BY n.release_at, n.id
    LIMIT $3
), head AS (
    UPDATE inbox_heads h
    SET seq = h.seq + d.count
    FROM (SELECT tenant, recipient, count(*) FROM due GROUP BY tenant, recipient) d
    WHERE (h.tenant, h.recipient) = (d.tenant, d.recipient)
    RETURNING h.tenant, h.recipient, h.seq - d.count AS before
), released AS (
    UPDATE notifications n
    SET seq = head.before + due.place
    FROM due
    JOIN head USING (tenant, recipient)
    WHERE n.id = due.id AND n.created_at = due.created_at
    RETURNING n.id, n.created_at, n.tenant, n.recipient_id AS recipient, n.priority, n.seq, n.follow_up
), queued AS (
    INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, queued_at, follow_up)
    SELECT id, $4, tenant, recipient, ($5::text[])[priority + 1], created_at, now(), follow_up
    FROM released
    RETURNING notification_id, channel, tenant, recipient, queue, turn, digest
)
SELECT q.*
FROM queued q
JOIN released r ON r.id = q.notification_id
ORDER BY r.tenant, r.recipient, r.seq
"""

QUEUES: Final = [queue_of(priority) for priority in Priority]


class PostgresHeld:
    """The HeldStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def release(self, limit: int) -> list[Job]:
        """Give those that are due their places, and return their jobs."""
        return await self._pool.write(lambda connection: _release(connection, limit))


async def _release(connection: Connection, limit: int) -> list[Job]:
    async with connection.transaction():
        locked = await connection.fetch(LOCK_HEADS, limit)
        if not locked:
            return []
        tenants, recipients = [row["tenant"] for row in locked], [row["recipient"] for row in locked]
        rows = await connection.fetch(RELEASE, tenants, recipients, limit, Channel.WEBSOCKET, QUEUES)
    return [job(row) for row in rows]
