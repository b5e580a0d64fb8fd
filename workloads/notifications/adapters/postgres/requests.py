"""What became of requests that were accepted, and taking them back."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

from typing import Final
from uuid import UUID

from notifications.adapters.postgres.months import dates
from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.adapters.postgres.rows import SHOWN, change
from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.submission import Delivery

# An expansion that is under way waits for this, or this for its chunk: so all that it did is seen below
STOP_EXPANSION: Final = "UPDATE room_requests SET state = 'cancelled' WHERE id = $1 AND tenant = $2 RETURNING id"
OWNERS: Final = """
SELECT DISTINCT recipient_id AS recipient
FROM notifications
WHERE request_id = $1 AND created_at >= $2 AND created_at < $3 AND tenant = $4
ORDER BY recipient_id
"""
LOCK_HEADS: Final = """
SELECT recipient FROM inbox_heads WHERE tenant = $1 AND recipient = ANY($2) ORDER BY recipient FOR UPDATE
"""
# A copy that was never to be shown has nothing to take back
CANCEL: Final = """
UPDATE notifications
SET cancelled_at = now()
WHERE request_id = $1 AND created_at >= $2 AND created_at < $3 AND tenant = $4 AND cancelled_at IS NULL
    AND (seq IS NOT NULL OR release_at IS NOT NULL OR channels IS NOT NULL)
RETURNING id, recipient_id AS recipient, seq
"""
NEVER_SHOWN: Final = """
UPDATE deliveries
SET state = 'cancelled', reason = NULL, updated_at = now()
WHERE notification_id = ANY($1) AND state = 'held'
"""
UNREAD: Final = f"""
SELECT n.recipient_id AS recipient, count(*) AS unread
FROM notifications n
WHERE n.tenant = $1 AND n.recipient_id = ANY($2) AND n.read_at IS NULL AND {SHOWN}
GROUP BY n.recipient_id
"""
LOG: Final = """
WITH cancelled AS (
    SELECT recipient, array_agg(id ORDER BY id) AS ids, max(unread) AS unread
    FROM unnest($2::text[], $3::uuid[], $4::bigint[]) AS c(recipient, id, unread)
    GROUP BY recipient
), head AS (
    UPDATE inbox_heads h SET seq = h.seq + 1 FROM cancelled c
    WHERE h.tenant = $1 AND h.recipient = c.recipient
    RETURNING h.recipient, h.seq
)
INSERT INTO inbox_changes (tenant, recipient, seq, kind, ids, unread, at)
SELECT $1, recipient, seq, 'cancelled', ids, unread, now() FROM head JOIN cancelled USING (recipient)
RETURNING recipient, seq, kind, ids, up_to, unread, at
"""

DELIVERIES: Final = """
SELECT d.channel, d.state, d.reason, d.attempts, d.updated_at
FROM notifications n
LEFT JOIN deliveries d ON d.notification_id = n.id
WHERE n.id = $1 AND n.created_at >= $2 AND n.created_at < $3 AND n.tenant = $4
    AND n.recipient_id = coalesce($5, n.recipient_id)
ORDER BY d.channel
"""


class PostgresRequests:
    """The RequestStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def cancel(self, tenant: str, id: UUID) -> dict[UserKey, Change]:
        """Take back what a request brought, and log one change in each inbox that had been shown some of it."""
        return await self._pool.write(lambda connection: _cancel(connection, tenant, id))

    async def deliveries(self, tenant: str, user: str | None, id: UUID) -> tuple[Delivery, ...]:
        """Return what became of a notification on each channel."""
        rows = await self._pool.read(DELIVERIES, id, *dates([id]), tenant, user)
        if not rows:
            raise NotFound("there is no such notification")
        return tuple(_delivery(row) for row in rows if row["channel"] is not None)


async def _cancel(connection: Connection, tenant: str, id: UUID) -> dict[UserKey, Change]:
    request = (id, *dates([id]), tenant)
    async with connection.transaction():
        is_to_a_room = await connection.fetchval(STOP_EXPANSION, id, tenant)
        owners = [row["recipient"] for row in await connection.fetch(OWNERS, *request)]
        if not owners and not is_to_a_room:
            raise NotFound("there is no such request")
        await connection.fetch(LOCK_HEADS, tenant, owners)
        cancelled = await connection.fetch(CANCEL, *request)
        await connection.execute(NEVER_SHOWN, [row["id"] for row in cancelled if row["seq"] is None])
        shown = [row for row in cancelled if row["seq"] is not None]
        recipients, ids = [row["recipient"] for row in shown], [row["id"] for row in shown]
        unread = {row["recipient"]: row["unread"] for row in await connection.fetch(UNREAD, tenant, recipients)}
        counts = [unread.get(recipient, 0) for recipient in recipients]
        rows = await connection.fetch(LOG, tenant, recipients, ids, counts)
    return {UserKey(tenant, row["recipient"]): change(row) for row in rows}


def _delivery(row: Record) -> Delivery:
    return Delivery(Channel(row["channel"]), row["state"], row["reason"], row["attempts"], row["updated_at"])
