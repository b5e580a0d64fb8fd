"""Reading inboxes and changing their read state.

A reading method is one statement, hence one snapshot. A changing one locks the head first and looks afterwards, for
only then does it see everything that was committed under the lock before. A page of a replica counts if its head is
that of the primary: then it lacks nothing, however far behind the replica is elsewhere.
"""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from notifications.adapters.postgres.months import dates
from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.postgres.rows import ALIVE, COLUMNS, SHOWN, change, notification
from notifications.domain.errors import Misconfigured, NotFound
from notifications.domain.inbox import Change, ChangeKind, Head, InboxPage, chain, require_kept
from notifications.domain.notification import Notification, UserKey
from notifications.ports.store import Listing, Pending

OWNED: Final = "n.tenant = $1 AND n.recipient_id = $2"
# An id tells its month
DATED: Final = "n.id = ANY($3) AND n.created_at >= $4 AND n.created_at < $5"

HEAD: Final = """
SELECT e.value::bigint AS epoch, coalesce(h.seq, 0) AS head, coalesce(h.floor, 0) AS floor
FROM epochs e
LEFT JOIN inbox_heads h ON h.tenant = $1 AND h.recipient = $2
WHERE e.name = 'inbox'
"""

HEADS: Final = """
SELECT e.value::bigint AS epoch, coalesce(h.seq, 0) AS head, coalesce(h.floor, 0) AS floor
FROM epochs e
CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(tenant, recipient, place)
LEFT JOIN inbox_heads h USING (tenant, recipient)
WHERE e.name = 'inbox'
ORDER BY asked.place
"""

READ: Final = f"""
WITH head AS ({HEAD}), created AS (
    SELECT {COLUMNS}
    FROM notifications n
    WHERE {OWNED} AND n.seq > $3 AND {ALIVE}
    ORDER BY n.seq
    LIMIT $4
), changed AS (
    SELECT c.seq, c.kind, c.ids, c.up_to, c.unread, c.at
    FROM inbox_changes c
    WHERE c.tenant = $1 AND c.recipient = $2 AND c.seq > $3
    ORDER BY c.seq
    LIMIT $4
)
SELECT * FROM head LEFT JOIN (created FULL JOIN changed USING (seq)) ON true ORDER BY seq LIMIT $4
"""

PENDING: Final = f"""
WITH head AS ({HEAD}), newest AS (
    SELECT {COLUMNS}
    FROM notifications n
    WHERE {OWNED} AND n.read_at IS NULL AND {SHOWN}
    ORDER BY n.seq DESC
    LIMIT $3
)
SELECT * FROM head LEFT JOIN newest ON true ORDER BY seq DESC
"""

LISTING: Final = f"""
WITH head AS ({HEAD}), counted AS (
    SELECT
        count(*) FILTER (WHERE n.read_at IS NULL) AS unread,
        count(*) FILTER (WHERE NOT $3 OR n.read_at IS NULL) AS total
    FROM notifications n
    WHERE {OWNED} AND {SHOWN}
), page AS (
    SELECT {COLUMNS}
    FROM notifications n
    WHERE {OWNED} AND {SHOWN} AND (NOT $3 OR n.read_at IS NULL)
    ORDER BY n.seq DESC
    OFFSET $4
    LIMIT $5
)
SELECT * FROM head CROSS JOIN counted LEFT JOIN page ON true ORDER BY seq DESC
"""

# `+ 0` keeps PostgreSQL from walking the inbox from its beginning until it meets the moment
SEQ_BEFORE: Final = f"""
WITH head AS (
    SELECT h.seq, h.floor FROM inbox_heads h WHERE h.tenant = $1 AND h.recipient = $2
)
SELECT greatest(
    coalesce(
        least(
            (SELECT min(n.seq + 0) FROM notifications n WHERE {OWNED} AND n.created_at >= $3),
            (SELECT min(n.seq + 0) FROM notifications n WHERE {OWNED} AND n.release_at >= $3),
            (SELECT min(c.seq) FROM inbox_changes c WHERE c.tenant = $1 AND c.recipient = $2 AND c.at >= $3)
        ) - 1,
        (SELECT seq FROM head)
    ),
    (SELECT floor FROM head),
    0
) AS seq
"""

LOCK_HEAD: Final = "SELECT seq FROM inbox_heads WHERE tenant = $1 AND recipient = $2 FOR UPDATE"

FOUND: Final = f"""
SELECT n.id, n.read_at, n.archived_at
FROM notifications n
WHERE {OWNED} AND {DATED} AND n.seq IS NOT NULL
ORDER BY n.id
FOR NO KEY UPDATE
"""

# By the column that says when; what is unread is counted as it will be
MARK: Final = {
    column: f"""
WITH marked AS (
    UPDATE notifications n SET {column} = now() WHERE {OWNED} AND {DATED}
)
SELECT count(*) AS unread FROM notifications n WHERE {OWNED} AND n.read_at IS NULL AND {SHOWN} AND n.id <> ALL($3)
"""
    for column in ("read_at", "archived_at")
}
COLUMN_OF: Final[dict[ChangeKind, str]] = {"read": "read_at", "archived": "archived_at"}

MARK_ALL_READ: Final = f"""
WITH marked AS (
    UPDATE notifications n SET read_at = now() WHERE {OWNED} AND n.read_at IS NULL AND {SHOWN} RETURNING n.id
)
SELECT count(*) AS marked FROM marked
"""

LOG: Final = """
WITH head AS (
    UPDATE inbox_heads SET seq = seq + 1 WHERE tenant = $1 AND recipient = $2 RETURNING seq
)
INSERT INTO inbox_changes (tenant, recipient, seq, kind, ids, up_to, unread, at)
SELECT $1, $2, head.seq, $3, $4, $5, $6, now() FROM head
RETURNING seq, kind, ids, up_to, unread, at
"""

MARK_DELIVERED: Final = """
WITH first AS (
    SELECT n.id, n.created_at
    FROM notifications n
    WHERE n.id = ANY($1) AND n.created_at >= $2 AND n.created_at < $3 AND n.delivered_at IS NULL
    ORDER BY n.id
    FOR NO KEY UPDATE
)
UPDATE notifications n SET delivered_at = now() FROM first WHERE n.id = first.id AND n.created_at = first.created_at
"""


class PostgresInbox:
    """The InboxStore."""

    def __init__(self, pool: Pool, replica: Replica | None = None) -> None:
        self._pool = pool
        self._replica = replica

    async def head(self, owner: UserKey) -> Head:
        """Return the end of an inbox."""
        return _head(await self._pool.read(HEAD, owner.tenant, owner.user))

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        """Return the end of each inbox."""
        if not owners:
            return {}
        rows = await self._pool.read(HEADS, [owner.tenant for owner in owners], [owner.user for owner in owners])
        _require_epoch(rows)
        return {owner: Head(*row) for owner, row in zip(owners, rows, strict=True)}

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        """Return at most `limit` changes after a number."""
        rows = await self._pool.read(READ, owner.tenant, owner.user, after, limit + 1)
        head = _head(rows)
        require_kept(after, head)
        entries = [_entry(row) for row in rows if row["seq"] is not None]
        events = chain(entries[:limit], after)
        more = len(entries) > limit
        return InboxPage(events, events[-1].seq if more else max(after, head.seq), more)

    async def pending(self, owner: UserKey, limit: int) -> Pending:
        """Return the newest unread notifications and the head."""
        rows = await self._pool.read(PENDING, owner.tenant, owner.user, limit + 1)
        found = _notifications(rows)
        return Pending(found[:limit], len(found) > limit, _head(rows))

    async def listing(self, owner: UserKey, *, offset: int, limit: int, unread_only: bool) -> Listing:
        """Return a page, newest first."""
        arguments = (owner.tenant, owner.user, unread_only, offset, limit)
        rows = await self._replicated(owner, arguments) or await self._pool.read(LISTING, *arguments)
        head = _head(rows)
        return Listing(_notifications(rows), rows[0]["total"], rows[0]["unread"], head)

    async def _replicated(self, owner: UserKey, arguments: Sequence[object]) -> Sequence[Record]:
        """Return what LISTING returns on the replica, or nothing if it lacks something that the primary has."""
        if self._replica is None or not self._replica.usable:
            return ()
        head = await self.head(owner)
        rows = await self._replica.read(LISTING, *arguments)
        return rows if rows and _head(rows).covers(head) else ()

    async def seq_before(self, owner: UserKey, at: datetime) -> int:
        """Return the number after which everything from `at` on stands."""
        rows = await self._pool.read(SEQ_BEFORE, owner.tenant, owner.user, at)
        seq: int = rows[0]["seq"]
        return seq

    async def mark_read(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Mark as read and log one change."""
        return await self._pool.write(lambda connection: _mark(connection, owner, ids, "read"))

    async def archive(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Take out of listings and log one change."""
        return await self._pool.write(lambda connection: _mark(connection, owner, ids, "archived"))

    async def mark_all_read(self, owner: UserKey) -> Change | None:
        """Mark everything up to the head as read and log one change."""
        return await self._pool.write(lambda connection: _mark_all_read(connection, owner))

    async def mark_delivered(self, ids: Sequence[UUID]) -> None:
        """Record the first delivery of each."""
        await self._pool.write(lambda connection: connection.execute(MARK_DELIVERED, list(ids), *dates(ids)))


async def _mark(connection: Connection, owner: UserKey, ids: Sequence[UUID], kind: ChangeKind) -> Change | None:
    wanted, column = list(dict.fromkeys(ids)), COLUMN_OF[kind]
    async with connection.transaction():
        await connection.fetchval(LOCK_HEAD, owner.tenant, owner.user)
        rows = await connection.fetch(FOUND, owner.tenant, owner.user, wanted, *dates(wanted))
        marked_at = {row["id"]: row[column] for row in rows}
        if any(id not in marked_at for id in wanted):
            raise NotFound("no such notification")
        fresh = [id for id in wanted if marked_at[id] is None]
        if not fresh:
            return None
        unread = await connection.fetchval(MARK[column], owner.tenant, owner.user, fresh, *dates(fresh))
        return change(*await connection.fetch(LOG, owner.tenant, owner.user, kind, fresh, None, unread))


async def _mark_all_read(connection: Connection, owner: UserKey) -> Change | None:
    async with connection.transaction():
        up_to = await connection.fetchval(LOCK_HEAD, owner.tenant, owner.user)
        if up_to is None or not await connection.fetchval(MARK_ALL_READ, owner.tenant, owner.user):
            return None
        return change(*await connection.fetch(LOG, owner.tenant, owner.user, "readAll", None, up_to, 0))


def _require_epoch(rows: Sequence[Record]) -> None:
    if not rows:
        raise Misconfigured("the database has no inbox epoch: run `notifications setup`")


def _head(rows: Sequence[Record]) -> Head:
    _require_epoch(rows)
    return Head(rows[0]["epoch"], rows[0]["head"], rows[0]["floor"])


def _notifications(rows: Sequence[Record]) -> tuple[Notification, ...]:
    return tuple(notification(row) for row in rows if row["id"] is not None)


def _entry(row: Record) -> Notification | Change:
    return notification(row) if row["kind"] is None else change(row)
