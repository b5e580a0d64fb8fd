"""Accepting submissions: one statement writes and commits, and before it another reads what recipients wish for.

Both in one transaction would be two round trips more and tell nothing newer: each statement sees what is committed when
it begins.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Final

from notifications.adapters.postgres.columns import Column, columns
from notifications.adapters.postgres.partitions import write_dated
from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.adapters.postgres.preferences import CopyWishes
from notifications.domain.errors import CommitUnknown, Unavailable
from notifications.domain.jobs import Channel, queue_of
from notifications.domain.limits import IDEMPOTENCY_KEPT
from notifications.domain.preferences import DEFAULT_DIGEST, Decision, DigestHour, Hold, Show, Skip, make_plan
from notifications.domain.submission import Accepted, Conflict, Placed, State, Submission, place

# Locks are taken in one order everywhere: keys sorted, then heads sorted. A twin waits at its key for the first one's
# commit, and its update of the fresh key does nothing. `numbered` is read only after every head is locked.
ACCEPT: Final = """
WITH request AS (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[], $7::text[],
        $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::jsonb[],
        $15::timestamptz[], $16::text[], $17::timestamptz[])
    WITH ORDINALITY AS r(id, tenant, key, fingerprint, created_at, type, content, priority, actor_id, actor_name,
        actor_avatar_url, entity_type, entity_id, metadata, expires_at, queue, due_at, n)
), claimed AS (
    INSERT INTO idempotency_keys AS stored (tenant, key, fingerprint, request_id, created_at)
    SELECT DISTINCT ON (tenant, key) tenant, key, fingerprint, id, created_at
    FROM request
    WHERE key IS NOT NULL
    ORDER BY tenant, key, n
    ON CONFLICT (tenant, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = excluded.created_at
    WHERE stored.created_at < now() - make_interval(secs => $18)
    RETURNING request_id
), copy AS (
    SELECT c.n, c.ordinal, c.id, r.tenant, c.recipient, c.state, c.release_at, c.reason, c.follow_up,
        string_to_array(c.channels, ' ') AS channels
    FROM unnest($19::int[], $20::uuid[], $21::text[], $22::text[], $23::timestamptz[], $24::text[], $25::bool[],
        $26::text[])
    WITH ORDINALITY AS c(n, id, recipient, state, release_at, reason, follow_up, channels, ordinal)
    JOIN request r USING (n)
    WHERE r.key IS NULL OR r.id IN (SELECT request_id FROM claimed)
), head AS (
    INSERT INTO inbox_heads AS stored (tenant, recipient, seq)
    SELECT tenant, recipient, count(*) FILTER (WHERE state = 'queued')
    FROM copy
    GROUP BY tenant, recipient
    ORDER BY tenant, recipient
    ON CONFLICT (tenant, recipient) DO UPDATE SET seq = stored.seq + excluded.seq
    RETURNING tenant, recipient, seq
), numbered AS (
    SELECT c.*, CASE WHEN c.state = 'queued'
        THEN h.seq - count(*) OVER inbox + row_number() OVER (inbox ORDER BY c.ordinal) END AS seq
    FROM copy c
    JOIN head h USING (tenant, recipient)
    WINDOW inbox AS (PARTITION BY c.tenant, c.recipient, c.state = 'queued')
), stored AS (
    INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, seq, type, content, priority, actor_id,
        actor_name, actor_avatar_url, entity_type, entity_id, metadata, created_at, expires_at, release_at,
        follow_up, channels)
    SELECT c.id, c.tenant, c.recipient, r.id, c.ordinal, c.seq, r.type, r.content, r.priority, r.actor_id,
        r.actor_name, r.actor_avatar_url, r.entity_type, r.entity_id, r.metadata, r.created_at, r.expires_at,
        c.release_at, c.follow_up, c.channels
    FROM numbered c
    JOIN request r USING (n)
), queued AS (
    INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, queued_at, follow_up)
    SELECT c.id, $27, c.tenant, c.recipient, r.queue, r.created_at, r.created_at, c.follow_up
    FROM numbered c
    JOIN request r USING (n)
    WHERE c.state = 'queued'
    UNION ALL
    SELECT c.id, channel, c.tenant, c.recipient, r.queue, r.created_at, r.due_at, false
    FROM numbered c
    CROSS JOIN unnest(c.channels) AS channel
    JOIN request r USING (n)
), logged AS (
    INSERT INTO deliveries (notification_id, channel, tenant, state, reason, attempts, updated_at)
    SELECT c.id, $27, c.tenant, c.state, c.reason, 0, r.created_at
    FROM numbered c
    JOIN request r USING (n)
    WHERE c.state <> 'queued'
)
SELECT n::int AS n, id, recipient, seq, state, channels FROM numbered ORDER BY ordinal
"""

REPLAY: Final = """
SELECT asked.n, stored.fingerprint, stored.request_id, n.id, n.recipient_id AS recipient,
    CASE WHEN n.release_at IS NULL THEN n.seq END AS seq,
    CASE WHEN n.release_at IS NOT NULL THEN 'held' WHEN n.seq IS NULL THEN 'skipped' ELSE 'queued' END AS state,
    n.channels
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

    def __init__(self, pool: Pool, digest: DigestHour = DEFAULT_DIGEST) -> None:
        self._pool = pool
        self._digest = digest

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        """Commit all of them in one transaction and answer in the same order, or raise and commit none."""
        rows = await write_dated(self._pool, lambda connection: self._accept(connection, submissions))
        copies: dict[int, list[Placed]] = defaultdict(list)
        for row in rows:
            copies[row["n"]].append(placed(row))
        fresh = {n for n, submission in enumerate(submissions, 1) if submission.key is None or n in copies}
        replayed = await self._replays(submissions, fresh)
        return [
            Accepted(submission.id, tuple(copies[n])) if n in fresh else replayed[n]
            for n, submission in enumerate(submissions, 1)
        ]

    async def forget_keys(self) -> int:
        """Delete Idempotency-Keys that are no longer kept, at most 10,000, and return how many there were."""
        return await self._pool.write(lambda connection: connection.fetchval(FORGET, float(IDEMPOTENCY_KEPT)))

    async def _accept(self, connection: Connection, submissions: Sequence[Submission]) -> list[Record]:
        wishes = await CopyWishes.read(connection, submissions)
        return await connection.fetch(ACCEPT, *arguments(submissions, wishes, self._digest))

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


def arguments(submissions: Sequence[Submission], wishes: CopyWishes, digest: DigestHour) -> tuple[object, ...]:
    """Return the arguments of ACCEPT."""
    requests, copies = columns(map(_request, submissions)), _copies(submissions, wishes, digest)
    return (*requests, float(IDEMPOTENCY_KEPT), *copies, Channel.WEBSOCKET)


def _request(submission: Submission) -> tuple[object, ...]:
    """Return a row of `request`."""
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
        submission.due_at,
    )


def _copies(submissions: Sequence[Submission], wishes: CopyWishes, digest: DigestHour) -> list[Column]:
    """Return the columns of `copy`; `n` is the request that it belongs to, counted from 1."""
    rows = []
    for n, submission in enumerate(submissions, 1):
        for copy in submission.copies:
            plan = make_plan(submission, partial(wishes.find, submission, copy.user), digest)
            inbox = _write_decision(plan.inbox, submission.expanded_at)
            rows.append((n, copy.id, copy.user, *inbox, plan.follow_up, " ".join(plan.channels) or None))
    return columns(rows)


def _write_decision(decision: Decision, shown_at: datetime | None) -> tuple[State, datetime | None, str | None]:
    """Return the columns `state`, `release_at` and `reason`; `shown_at` if it is later than the submission."""
    match decision:
        case Show():
            return State.QUEUED, shown_at, None
        case Hold(until, reason):
            return State.HELD, until, reason
        case Skip(reason):
            return State.SKIPPED, None, reason


def _replay(submission: Submission, rows: list[Record]) -> Accepted | Conflict:
    first = rows[0]
    if first["fingerprint"] != submission.fingerprint:
        return Conflict()
    copies = tuple(placed(row) for row in rows if row["id"] is not None)
    return Accepted(first["request_id"], copies, replayed=first["request_id"] != submission.id)


def placed(row: Record) -> Placed:
    """Read a row that ACCEPT returns."""
    return place(
        row["id"], row["recipient"], row["seq"], State(row["state"]), tuple(map(Channel, row["channels"] or ()))
    )
