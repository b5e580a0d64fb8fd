"""Jobs between acceptance and outcome. Rows are locked in the order of their key, or skipped when locked."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from notifications.adapters.postgres.columns import columns
from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.adapters.postgres.rows import ALIVE, COLUMNS, job, notification
from notifications.domain.errand import Errand
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent, created
from notifications.domain.jobs import LANES, Channel, Job, Lane, Outcome, Queue
from notifications.domain.limits import ADOPTION_GRACE, MAX_REASON, REDRIVE_AFTER, REDRIVE_SLACK, SWEEP_AFTER
from notifications.ports.store import Backlog, Publish

# Less than the server allows a transaction to be idle
PUBLISH_TIMEOUT: Final = 8.0

ASKED: Final = """
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[])
AS a(notification_id, channel, tenant, recipient, turn)
"""

# A row that somebody holds is being published again or settled: both know better than this
MARK_PUBLISHED: Final = f"""
WITH asked AS ({ASKED}), free AS (
    SELECT notification_id, channel
    FROM outbox
    JOIN asked USING (notification_id, channel, tenant, recipient, turn)
    WHERE published_at IS NULL
    FOR UPDATE OF outbox SKIP LOCKED
)
UPDATE outbox o
SET published_at = now()
FROM free f
WHERE (o.notification_id, o.channel) = (f.notification_id, f.channel)
"""

_FOUND: Final = "SELECT notification_id, channel, tenant, recipient, queue, turn, digest FROM outbox o"
_IN_LANE: Final = "o.queue = lane.queue AND o.channel = lane.channel"

# Lane after lane, and no further than to the limit. Lost are rows that were published before all that the stream holds
# of their lane (of a lane without that time nothing is known), or into a stream that is gone
FIND: Final = f"""
SELECT found.*
FROM unnest($1::text[], $2::text[], $3::float[]) AS lane(queue, channel, lost_after), LATERAL (
    SELECT * FROM (
        {_FOUND}
        WHERE {_IN_LANE} AND published_at IS NULL AND queued_at <= now() - make_interval(secs => $4)
        ORDER BY queued_at LIMIT $5 FOR UPDATE SKIP LOCKED
    ) AS unpublished
    UNION ALL
    SELECT * FROM (
        {_FOUND}
        WHERE {_IN_LANE} AND published_at < greatest(
            now() - make_interval(secs => lane.lost_after), (SELECT since FROM epochs WHERE name = 'stream'))
        ORDER BY published_at LIMIT $5 FOR UPDATE SKIP LOCKED
    ) AS lost
) AS found
LIMIT $5
"""

# Never before `since`, or the row would be overdue again at once
MARK_SWEPT: Final = f"""
WITH asked AS ({ASKED})
UPDATE outbox o
SET published_at = greatest(now(), (SELECT since FROM epochs WHERE name = 'stream'))
FROM asked a
WHERE (o.notification_id, o.channel, o.turn) = (a.notification_id, a.channel, a.turn)
"""

STREAM: Final = "SELECT value FROM epochs WHERE name = 'stream'"

ADOPT: Final = """
INSERT INTO epochs AS known (name, value, since) VALUES ('stream', $1, now() + make_interval(secs => $2))
ON CONFLICT (name) DO UPDATE SET value = excluded.value, since = excluded.since WHERE known.value <> excluded.value
RETURNING value
"""

EVENTS: Final = f"""
WITH asked AS ({ASKED})
SELECT o.channel, {COLUMNS}
FROM asked a
JOIN outbox o USING (notification_id, channel, tenant, recipient, turn)
JOIN notifications n ON n.id = o.notification_id AND n.created_at = o.created_at
WHERE n.seq IS NOT NULL AND {ALIVE}
"""

ERRANDS: Final = f"""
WITH asked AS ({ASKED})
SELECT o.channel, coalesce(o.since, o.queued_at) AS queued_at, {COLUMNS}, n.delivered_at,
    coalesce(d.attempts, 0) AS attempts, coalesce(d.hand_outs, 0) AS hand_outs
FROM asked a
JOIN outbox o USING (notification_id, channel, tenant, recipient, turn)
JOIN notifications n ON n.id = o.notification_id AND n.created_at = o.created_at
LEFT JOIN deliveries d ON d.notification_id = o.notification_id AND d.channel = o.channel
WHERE {ALIVE}
"""

# Only who holds the row of this very turn writes the outcome, so the first one stands. One that leaves the row where it
# is may come again, when its commit was not known, and late, when somebody else was handed the job meanwhile
SETTLE: Final = """
WITH outcome AS (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::int[],
        $9::bool[], $10::timestamptz[], $11::float[], $12::int[], $13::timestamptz[])
    AS o(notification_id, channel, tenant, recipient, turn, state, reason, attempts, stays, until, follow_up_after,
        hand_outs, began)
), held AS (
    SELECT notification_id, channel, state, reason, attempts, stays, until, follow_up_after, outcome.hand_outs,
        CASE WHEN attempts > 0 AND state IN ('retrying', 'dead')
            THEN jsonb_build_array(jsonb_build_object('at', coalesce(began, now()), 'reason', reason))
            ELSE '[]' END AS failures
    FROM outbox
    JOIN outcome USING (notification_id, channel, tenant, recipient, turn)
    ORDER BY notification_id, channel
    FOR UPDATE OF outbox
), settled AS (
    DELETE FROM outbox o
    USING held h
    WHERE (o.notification_id, o.channel) = (h.notification_id, h.channel) AND NOT h.stays AND h.until IS NULL
    RETURNING o.notification_id, o.channel, o.tenant, o.recipient, o.queue, o.created_at, o.turn, o.digest,
        o.follow_up, h.follow_up_after, h.state, h.reason, h.attempts, h.failures, h.hand_outs
), kept AS (
    UPDATE outbox o
    SET published_at = CASE WHEN h.stays THEN now() END,
        turn = o.turn + CASE WHEN h.stays THEN 0 ELSE 1 END,
        queued_at = coalesce(h.until, o.queued_at),
        since = CASE WHEN h.stays THEN o.since WHEN h.state = 'retrying' THEN coalesce(o.since, o.queued_at) END
    FROM held h
    WHERE (o.notification_id, o.channel) = (h.notification_id, h.channel) AND (h.stays OR h.until IS NOT NULL)
    RETURNING o.notification_id, o.channel, o.tenant, h.state, h.reason, h.attempts, h.failures, h.hand_outs
), logged AS (
    INSERT INTO deliveries AS known
        (notification_id, channel, tenant, state, reason, attempts, failures, hand_outs, updated_at)
    SELECT notification_id, channel, tenant, state, reason, attempts, failures, hand_outs, now() FROM settled
    UNION ALL
    SELECT notification_id, channel, tenant, state, reason, attempts, failures, hand_outs, now() FROM kept
    ON CONFLICT (notification_id, channel) DO UPDATE
    SET state = excluded.state, reason = excluded.reason, attempts = known.attempts + CASE
            WHEN excluded.failures <> '[]' AND known.failures @> excluded.failures THEN 0 ELSE excluded.attempts END,
        failures = known.failures || CASE
            WHEN known.failures @> excluded.failures THEN '[]' ELSE excluded.failures END,
        hand_outs = CASE WHEN excluded.hand_outs > 0 THEN greatest(known.hand_outs, excluded.hand_outs) ELSE 0 END,
        updated_at = now()
), followed AS (
    INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, queued_at)
    SELECT notification_id, $14, tenant, recipient, queue, created_at, now() + make_interval(secs => follow_up_after)
    FROM settled s
    WHERE follow_up AND follow_up_after IS NOT NULL
        AND EXISTS (SELECT FROM devices d WHERE d.tenant = s.tenant AND d.user_id = s.recipient)
    ON CONFLICT (notification_id, channel) DO NOTHING
)
INSERT INTO dead_letters AS known (notification_id, channel, tenant, recipient, queue, created_at, reason, died_at,
    attempts, failures, turn, digest)
SELECT s.notification_id, s.channel, s.tenant, s.recipient, s.queue, s.created_at, s.reason, now(),
    s.attempts + coalesce(d.attempts, 0), coalesce(d.failures, '[]') || s.failures, s.turn, s.digest
FROM settled s
LEFT JOIN deliveries d USING (notification_id, channel)
WHERE s.state = 'dead'
ON CONFLICT (notification_id, channel) DO UPDATE
SET reason = excluded.reason, died_at = excluded.died_at, attempts = excluded.attempts, failures = excluded.failures,
    turn = excluded.turn
"""

BACKLOG: Final = """
SELECT queue, count(*) AS depth, greatest(extract(epoch FROM now() - min(queued_at)), 0)::float AS oldest
FROM outbox
WHERE queued_at <= now()
GROUP BY queue
"""

# In the order of their indexes, for a count that ends early must not begin with a scan
DEPTH: Final = f"""
SELECT count(*) AS depth
FROM (
    SELECT FROM unnest($1::text[], $2::text[]) AS lane(queue, channel), LATERAL (
        SELECT FROM outbox o
        WHERE {_IN_LANE} AND published_at IS NULL AND queued_at <= now()
        ORDER BY queued_at LIMIT $3
    ) AS due
    UNION ALL
    (SELECT FROM outbox WHERE published_at IS NOT NULL ORDER BY queue, channel, published_at LIMIT $3)
    LIMIT $3
) AS waiting
"""

_LANES: Final = [lane.queue for lane in LANES], [lane.channel for lane in LANES]


class PostgresOutbox:
    """The OutboxStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        """Record that the work stream has them."""
        await self._pool.write(lambda connection: connection.execute(MARK_PUBLISHED, *_keys(jobs)))

    async def sweep(self, publish: Publish, ages: Mapping[Lane, float], limit: int) -> int:
        """Publish jobs that were missed or lost, holding their rows meanwhile."""
        arguments = *_LANES, [_lost_after(ages.get(lane)) for lane in LANES], SWEEP_AFTER, limit
        return await self._pool.write(lambda connection: _sweep(connection, publish, arguments))

    async def adopt_stream(self, created: str) -> bool:
        """Remember when the work stream was created; another one makes every published job overdue."""
        known = await self._pool.read(STREAM)
        if known and known[0]["value"] == created:
            return False
        rows = await self._pool.write(lambda connection: connection.fetch(ADOPT, created, ADOPTION_GRACE))
        return bool(known) and bool(rows)

    async def events(self, jobs: Sequence[Job]) -> dict[Job, InboxEvent]:
        """Return what to show for each job that still has something to show."""
        rows = await self._pool.read(EVENTS, *_keys(jobs))
        found = {(row["id"], row["channel"]): created(notification(row), row["seq"] - 1) for row in rows}
        return {job: found[key] for job in jobs if (key := (job.notification, job.channel)) in found}

    async def errands(self, jobs: Sequence[Job]) -> dict[Job, Errand]:
        """Return what to bring for each job that still has something to bring."""
        rows = await self._pool.read(ERRANDS, *_keys(jobs))
        found = {(row["id"], row["channel"]): row for row in rows}
        return {job: _errand(job, row) for job in jobs if (row := found.get((job.notification, job.channel)))}

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes to the delivery log, and delete their outbox rows or put them back."""
        first: dict[Job, Outcome] = {}
        for outcome in outcomes:
            known = first.setdefault(outcome.job, outcome)
            if outcome.is_over and not known.is_over:
                first[outcome.job] = outcome  # as if they had come one after the other
        arguments = *_keys(first), *columns(map(_settled, first.values())), Channel.PUSH
        await self._pool.write(lambda connection: connection.execute(SETTLE, *arguments))

    async def backlog(self) -> dict[Queue, Backlog]:
        """Return what waits in each queue."""
        waiting = {row["queue"]: Backlog(row["depth"], row["oldest"]) for row in await self._pool.read(BACKLOG)}
        return {queue: waiting.get(queue, Backlog(0, 0.0)) for queue in Queue}

    async def depth(self, most: int) -> int:
        """Return how many jobs wait in all queues together, up to `most`."""
        depth: int = (await self._pool.read(DEPTH, *_LANES, most))[0]["depth"]
        return depth


async def _sweep(connection: Connection, publish: Publish, arguments: Sequence[object]) -> int:
    async with connection.transaction():
        jobs = [job(row) for row in await connection.fetch(FIND, *arguments)]
        if jobs:
            await connection.execute(MARK_SWEPT, *_keys(await _published(publish, jobs)))
    return len(jobs)


def _lost_after(age: float | None) -> float | None:
    return None if age is None else max(REDRIVE_AFTER, age + REDRIVE_SLACK)


async def _published(publish: Publish, jobs: Sequence[Job]) -> Iterable[Job]:
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            return await publish(jobs)
    except TimeoutError as error:
        raise Unavailable("the work queue did not acknowledge in time") from error


def _keys(jobs: Iterable[Job]) -> tuple[list[object], list[str], list[str], list[str], list[int]]:
    """Return the columns of ASKED."""
    asked = list(jobs)
    return (
        [job.notification for job in asked],
        [job.channel for job in asked],
        [job.owner.tenant for job in asked],
        [job.owner.user for job in asked],
        [job.turn for job in asked],
    )


def _settled(outcome: Outcome) -> tuple[object, ...]:
    """Return the columns of SETTLE after the keys."""
    return (
        outcome.state,
        outcome.reason and outcome.reason[:MAX_REASON],
        int(outcome.attempted),
        outcome.wait is not None,
        outcome.until,
        outcome.follow_up,
        outcome.hand_outs,
        outcome.began,
    )


def _errand(job: Job, row: Record) -> Errand:
    queued_at, delivered_at = row["queued_at"], row["delivered_at"]
    return Errand(job, notification(row), queued_at, delivered_at, row["attempts"], row["hand_outs"])
