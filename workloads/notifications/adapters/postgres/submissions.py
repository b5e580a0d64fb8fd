"""Accepting submissions: one statement, so that its commit and its answer are one round trip."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from notifications.adapters.postgres.pool import Pool, Record
from notifications.domain.errors import CommitUnknown, Unavailable
from notifications.domain.jobs import Channel, queue_of
from notifications.domain.limits import IDEMPOTENCY_KEPT
from notifications.domain.submission import Accepted, Conflict, Placed, Submission

# Locks are taken in one order everywhere: keys sorted, then heads sorted. A twin waits at its key for the first one's
# commit, and its update of the fresh key does nothing. `numbered` is read only after every head is locked.
ACCEPT: Final = """
WITH request AS (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[], $7::text[],
        $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::jsonb[],
        $15::timestamptz[], $16::text[])
    WITH ORDINALITY AS r(id, tenant, key, fingerprint, created_at, type, content, priority, actor_id, actor_name,
        actor_avatar_url, entity_type, entity_id, metadata, expires_at, queue, n)
), claimed AS (
    INSERT INTO idempotency_keys AS stored (tenant, key, fingerprint, request_id, created_at)
    SELECT DISTINCT ON (tenant, key) tenant, key, fingerprint, id, created_at
    FROM request
    WHERE key IS NOT NULL
    ORDER BY tenant, key, n
    ON CONFLICT (tenant, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = excluded.created_at
    WHERE stored.created_at < now() - make_interval(secs => $17)
    RETURNING request_id
), copy AS (
    SELECT c.n, c.ordinal, c.id, r.tenant, c.recipient
    FROM unnest($18::int[], $19::uuid[], $20::text[]) WITH ORDINALITY AS c(n, id, recipient, ordinal)
    JOIN request r USING (n)
    WHERE r.key IS NULL OR r.id IN (SELECT request_id FROM claimed)
), head AS (
    INSERT INTO inbox_heads AS stored (tenant, recipient, seq)
    SELECT tenant, recipient, count(*)
    FROM copy
    GROUP BY tenant, recipient
    ORDER BY tenant, recipient
    ON CONFLICT (tenant, recipient) DO UPDATE SET seq = stored.seq + excluded.seq
    RETURNING tenant, recipient, seq
), numbered AS (
    SELECT c.*, h.seq - count(*) OVER inbox + row_number() OVER (inbox ORDER BY c.ordinal) AS seq
    FROM copy c
    JOIN head h USING (tenant, recipient)
    WINDOW inbox AS (PARTITION BY c.tenant, c.recipient)
), stored AS (
    INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, seq, type, content, priority, actor_id,
        actor_name, actor_avatar_url, entity_type, entity_id, metadata, created_at, expires_at)
    SELECT c.id, c.tenant, c.recipient, r.id, c.ordinal, c.seq, r.type, r.content, r.priority, r.actor_id,
        r.actor_name, r.actor_avatar_url, r.entity_type, r.entity_id, r.metadata, r.created_at, r.expires_at
    FROM numbered c
    JOIN request r USING (n)
), queued AS (
    INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at)
    SELECT c.id, $21, c.tenant, c.recipient, r.queue, r.created_at
    FROM numbered c
    JOIN request r USING (n)
)
SELECT n::int AS n, id, recipient, seq FROM numbered ORDER BY ordinal
"""

REPLAY: Final = """
SELECT asked.n, stored.fingerprint, stored.request_id, n.id, n.recipient_id AS recipient, n.seq
FROM unnest($1::int[], $2::text[], $3::text[]) AS asked(n, tenant, key)
JOIN idempotency_keys stored USING (tenant, key)
LEFT JOIN notifications n
    ON n.request_id = stored.request_id AND n.created_at = stored.created_at AND n.tenant = stored.tenant
ORDER BY asked.n, n.ordinal
"""

FORGET: Final = """
WITH free AS (
    SELECT tenant, key
    FROM idempotency_keys
    WHERE created_at < now() - make_interval(secs => $1)
    ORDER BY created_at
    LIMIT 10000
    FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM idempotency_keys k USING free f WHERE (k.tenant, k.key) = (f.tenant, f.key) RETURNING 1
)
SELECT count(*) AS forgotten FROM forgotten
"""


class PostgresSubmissions:
    """The SubmissionStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        """Commit all of them in one transaction and answer in the same order, or raise and commit none."""
        rows = await self._pool.write(lambda connection: connection.fetch(ACCEPT, *arguments(submissions)))
        placed: dict[int, list[Placed]] = defaultdict(list)
        for row in rows:
            placed[row["n"]].append(_placed(row))
        fresh = {n for n, submission in enumerate(submissions, 1) if submission.key is None or n in placed}
        replayed = await self._replays(submissions, fresh)
        return [
            Accepted(submission.id, tuple(placed[n])) if n in fresh else replayed[n]
            for n, submission in enumerate(submissions, 1)
        ]

    async def forget_keys(self) -> int:
        """Delete Idempotency-Keys that are no longer kept, at most 10,000, and return how many there were."""
        return await self._pool.write(lambda connection: connection.fetchval(FORGET, float(IDEMPOTENCY_KEPT)))

    async def _replays(self, submissions: Sequence[Submission], fresh: set[int]) -> dict[int, Accepted | Conflict]:
        """Answer those whose key existed by what is stored: a statement of its own, for the twin may have committed
        after the first statement's snapshot."""
        asked = {n: submission for n, submission in enumerate(submissions, 1) if n not in fresh}
        if not asked:
            return {}
        tenants, keys = [s.tenant for s in asked.values()], [s.key for s in asked.values()]
        try:
            rows = await self._pool.read(REPLAY, list(asked), tenants, keys)
        except Unavailable as error:
            raise CommitUnknown("committed, but the stored answers could not be read") from error
        return {n: _replay(asked[n], list(stored)) for n, stored in groupby(rows, itemgetter("n"))}


def arguments(submissions: Sequence[Submission]) -> tuple[object, ...]:
    """Return the arguments of ACCEPT."""
    return (*_requests(submissions), float(IDEMPOTENCY_KEPT), *_copies(submissions), Channel.WEBSOCKET)


def _requests(submissions: Iterable[Submission]) -> list[Sequence[object]]:
    """Return the columns of `request`."""
    return list(zip(*map(_request, submissions), strict=True))


def _request(submission: Submission) -> tuple[object, ...]:
    message = submission.message
    actor, entity = message.actor, message.entity
    return (
        submission.id,
        submission.tenant,
        submission.key,
        submission.fingerprint,
        submission.created_at,
        message.type,
        message.content,
        message.priority,
        actor and actor.id,
        actor and actor.name,
        actor and actor.avatar_url,
        entity and entity.type,
        entity and entity.id,
        message.metadata,
        message.expires_at,
        queue_of(message.priority),
    )


def _copies(submissions: Sequence[Submission]) -> tuple[list[int], list[object], list[str]]:
    """Return the columns of `copy`: which request it belongs to, counted from 1, its id and its recipient."""
    copies = [(n, copy) for n, submission in enumerate(submissions, 1) for copy in submission.copies]
    return [n for n, _ in copies], [copy.id for _, copy in copies], [copy.user for _, copy in copies]


def _replay(submission: Submission, rows: list[Record]) -> Accepted | Conflict:
    first = rows[0]
    if first["fingerprint"] != submission.fingerprint:
        return Conflict()
    placed = tuple(_placed(row) for row in rows if row["id"] is not None)
    return Accepted(first["request_id"], placed, replayed=first["request_id"] != submission.id)


def _placed(row: Record) -> Placed:
    return Placed(row["id"], row["recipient"], row["seq"])
