"""Jobs between acceptance and outcome. Rows are locked in the order of their key, or skipped when locked."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.rows import COLUMNS, job, notification
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent, created
from notifications.domain.jobs import Job, Outcome, Queue
from notifications.domain.limits import ADOPTION_GRACE, REDRIVE_AFTER, SWEEP_AFTER
from notifications.ports.store import Backlog, Publish

# Less than the server allows a transaction to be idle
PUBLISH_TIMEOUT: Final = 8.0

ASKED: Final = """
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS a(notification_id, channel, tenant, recipient)
"""

# A row that somebody holds is being published again or settled: both know better than this
MARK_PUBLISHED: Final = f"""
WITH asked AS ({ASKED}), free AS (
    SELECT notification_id, channel
    FROM outbox
    JOIN asked USING (notification_id, channel, tenant, recipient)
    WHERE published_at IS NULL
    FOR UPDATE OF outbox SKIP LOCKED
)
UPDATE outbox o
SET published_at = now()
FROM free f
WHERE (o.notification_id, o.channel) = (f.notification_id, f.channel)
"""

# Overdue are rows that were published too long ago, or into a stream that is gone
FIND: Final = """
WITH unpublished AS (
    SELECT notification_id, channel, tenant, recipient, queue
    FROM outbox
    WHERE published_at IS NULL AND created_at <= now() - make_interval(secs => $2)
    ORDER BY created_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), overdue AS (
    SELECT notification_id, channel, tenant, recipient, queue
    FROM outbox
    WHERE published_at < greatest(
        now() - make_interval(secs => $3), (SELECT since FROM epochs WHERE name = 'stream'))
    ORDER BY published_at
    LIMIT $1 - (SELECT count(*) FROM unpublished)
    FOR UPDATE SKIP LOCKED
)
SELECT * FROM unpublished UNION ALL SELECT * FROM overdue
"""

# Never before `since`, or the row would be overdue again at once
MARK_SWEPT: Final = f"""
WITH asked AS ({ASKED})
UPDATE outbox o
SET published_at = greatest(now(), (SELECT since FROM epochs WHERE name = 'stream'))
FROM asked a
WHERE (o.notification_id, o.channel) = (a.notification_id, a.channel)
"""

STREAM: Final = "SELECT value FROM epochs WHERE name = 'stream'"

ADOPT: Final = """
INSERT INTO epochs AS known (name, value, since) VALUES ('stream', $1, now() + make_interval(secs => $2))
ON CONFLICT (name) DO UPDATE SET value = excluded.value, since = excluded.since WHERE known.value <> excluded.value
RETURNING value
"""

EVENTS: Final = f"""
WITH asked AS ({ASKED})
SELECT o.channel, o.queue, {COLUMNS}
FROM asked a
JOIN outbox o USING (notification_id, channel, tenant, recipient)
JOIN notifications n ON n.id = o.notification_id AND n.created_at = o.created_at
WHERE n.seq IS NOT NULL AND n.cancelled_at IS NULL AND (n.expires_at IS NULL OR n.expires_at > now())
"""

# Only who removes the row writes the outcome, so the first one stands
SETTLE: Final = """
WITH outcome AS (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS o(notification_id, channel, tenant, recipient, state, reason)
), held AS (
    SELECT notification_id, channel, state, reason
    FROM outbox
    JOIN outcome USING (notification_id, channel, tenant, recipient)
    ORDER BY notification_id, channel
    FOR UPDATE OF outbox
), settled AS (
    DELETE FROM outbox o
    USING held h
    WHERE (o.notification_id, o.channel) = (h.notification_id, h.channel)
    RETURNING o.notification_id, o.channel, o.tenant, o.recipient, o.queue, o.created_at, h.state, h.reason
), logged AS (
    INSERT INTO deliveries AS known (notification_id, channel, tenant, state, reason, updated_at)
    SELECT notification_id, channel, tenant, state, reason, now()
    FROM settled
    ON CONFLICT (notification_id, channel) DO UPDATE
    SET state = excluded.state, reason = excluded.reason, attempts = known.attempts + 1, updated_at = now()
)
INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, reason, died_at)
SELECT notification_id, channel, tenant, recipient, queue, created_at, reason, now()
FROM settled
WHERE state = 'dead'
ON CONFLICT (notification_id, channel) DO UPDATE SET reason = excluded.reason, died_at = excluded.died_at
"""

BACKLOG: Final = """
SELECT queue, count(*) AS depth, greatest(extract(epoch FROM now() - min(queued_at)), 0)::float AS oldest
FROM outbox
GROUP BY queue
"""


class PostgresOutbox:
    """The OutboxStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        """Record that the work stream has them."""
        await self._pool.write(lambda connection: connection.execute(MARK_PUBLISHED, *_keys(jobs)))

    async def sweep(self, publish: Publish, limit: int) -> int:
        """Publish jobs that were missed or lost, holding their rows meanwhile."""
        return await self._pool.write(lambda connection: _sweep(connection, publish, limit))

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

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes to the delivery log and delete their outbox rows."""
        first = {outcome.job: outcome for outcome in reversed(outcomes)}
        states, reasons = [o.state for o in first.values()], [o.reason for o in first.values()]
        await self._pool.write(lambda connection: connection.execute(SETTLE, *_keys(first), states, reasons))

    async def backlog(self) -> dict[Queue, Backlog]:
        """Return what waits in each queue."""
        waiting = {row["queue"]: Backlog(row["depth"], row["oldest"]) for row in await self._pool.read(BACKLOG)}
        return {queue: waiting.get(queue, Backlog(0, 0.0)) for queue in Queue}


async def _sweep(connection: Connection, publish: Publish, limit: int) -> int:
    async with connection.transaction():
        jobs = [job(row) for row in await connection.fetch(FIND, limit, SWEEP_AFTER, REDRIVE_AFTER)]
        if jobs:
            await connection.execute(MARK_SWEPT, *_keys(await _published(publish, jobs)))
    return len(jobs)


async def _published(publish: Publish, jobs: Sequence[Job]) -> Iterable[Job]:
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            return await publish(jobs)
    except TimeoutError as error:
        raise Unavailable("the work queue did not acknowledge in time") from error


def _keys(jobs: Iterable[Job]) -> tuple[list[object], list[str], list[str], list[str]]:
    """Return the columns of ASKED."""
    asked = list(jobs)
    return (
        [job.notification for job in asked],
        [job.channel for job in asked],
        [job.owner.tenant for job in asked],
        [job.owner.user for job in asked],
    )
