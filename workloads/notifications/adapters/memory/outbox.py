"""Jobs between acceptance and outcome, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from uuid import UUID

from notifications.adapters.memory.devices import MemoryDevices
from notifications.adapters.memory.rows import Logged, Row
from notifications.domain.dead_letter import Failure
from notifications.domain.errand import Errand
from notifications.domain.inbox import InboxEvent, created
from notifications.domain.jobs import LANES, Channel, Job, Lane, Outcome, Queue, Status
from notifications.domain.limits import ADOPTION_GRACE, REDRIVE_AFTER, REDRIVE_SLACK, SWEEP_AFTER
from notifications.domain.notification import Notification
from notifications.ports.clock import Clock
from notifications.ports.store import Backlog, Publish

_Key = tuple[UUID, Channel]


class MemoryOutbox:
    """The OutboxStore. `find` gives a notification that is neither expired nor cancelled, and when it was delivered."""

    def __init__(
        self,
        clock: Clock,
        find: Callable[[UUID], tuple[Notification, datetime | None] | None],
        devices: MemoryDevices,
    ) -> None:
        self._clock = clock
        self._find = find
        self._devices = devices
        self.rows: dict[_Key, Row] = {}
        self.deliveries: dict[_Key, Logged] = {}
        self.dead_letters: dict[_Key, Outcome] = {}
        self._stream: str | None = None
        self._adopted_until: datetime | None = None

    def add(self, row: Row) -> None:
        """Put in a job, unless it is there already."""
        self.rows.setdefault((row.job.notification, row.job.channel), row)

    def find_row(self, job: Job) -> Row | None:
        """Return the row of a job in its very turn."""
        row = self.rows.get((job.notification, job.channel))
        return row if row is not None and (row.job.owner, row.job.turn) == (job.owner, job.turn) else None

    def read_attempts(self, job: Job) -> tuple[int, int]:
        """Return the attempts and hand-outs of a job."""
        known = self.deliveries.get((job.notification, job.channel))
        return (known.attempts, known.hand_outs) if known else (0, 0)

    def log(self, outcome: Outcome) -> None:
        """Write a line of the delivery log."""
        key = outcome.job.notification, outcome.job.channel
        known = self.deliveries.get(key, Logged(outcome.job.channel, "", None, self._clock()))
        failed = outcome.attempted and outcome.state in (Status.RETRYING, Status.DEAD)
        failure = Failure(outcome.began or self._clock(), outcome.reason or "")
        repeated = failed and outcome.began is not None and failure in known.failures
        self.deliveries[key] = replace(
            known,
            state=outcome.state,
            reason=outcome.reason,
            at=self._clock(),
            attempts=known.attempts + (outcome.attempted and not repeated),
            failures=(*known.failures, failure) if failed and not repeated else known.failures,
            hand_outs=max(known.hand_outs, outcome.hand_outs) if outcome.hand_outs else 0,
        )

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        """Record that the work stream has them."""
        for job in jobs:
            row = self.find_row(job)
            if row is not None and row.published_at is None and not row.swept:
                row.published_at = self._clock()

    async def sweep(self, publish: Publish, ages: Mapping[Lane, float], limit: int) -> int:
        """Publish jobs that were missed or lost, holding their rows meanwhile."""
        rows = [row for lane in LANES for row in self._overdue(lane, ages.get(lane, inf))][:limit]
        for row in rows:
            row.swept = True
        try:
            published = await publish([row.job for row in rows]) if rows else ()
            for row in rows:
                if row.job in published:
                    row.published_at = max(self._clock(), self._adopted_until or self._clock())
        finally:
            for row in rows:
                row.swept = False
        return len(rows)

    async def adopt_stream(self, created: str) -> bool:
        """Remember when the work stream was created; another one makes every published job overdue."""
        known, self._stream = self._stream, created
        if known == created:
            return False
        self._adopted_until = self._clock() + timedelta(seconds=ADOPTION_GRACE)
        return known is not None

    async def events(self, jobs: Sequence[Job]) -> dict[Job, InboxEvent]:
        """Return what to show for each job that still has something to show."""
        found = {job: found[0] for job in jobs if self.find_row(job) and (found := self._find(job.notification))}
        return {job: created(item, item.seq - 1) for job, item in found.items() if item.seq}

    async def errands(self, jobs: Sequence[Job]) -> dict[Job, Errand]:
        """Return what to bring for each job that still has something to bring."""
        rows = {job: row for job in jobs if (row := self.find_row(job))}
        return {job: self._errand(row, *one) for job, row in rows.items() if (one := self._find(job.notification))}

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes to the delivery log, and delete their outbox rows or put them back."""
        for outcome in outcomes:
            row = self.find_row(outcome.job)
            if row is not None:
                self.log(outcome)
                self._settle(row, outcome)

    async def backlog(self) -> dict[Queue, Backlog]:
        """Return what waits in each queue."""
        return {queue: self._backlog(queue) for queue in Queue}

    async def depth(self, most: int) -> int:
        """Return how many jobs wait in all queues together, up to `most`."""
        return min(sum(self._backlog(queue).depth for queue in Queue), most)

    def _errand(self, row: Row, notification: Notification, delivered_at: datetime | None) -> Errand:
        return Errand(row.job, notification, row.since or row.queued_at, delivered_at, *self.read_attempts(row.job))

    def _settle(self, row: Row, outcome: Outcome) -> None:
        now = self._clock()
        if outcome.wait is not None:
            row.published_at = now
        elif outcome.until is not None:
            row.since = (row.since or row.queued_at) if outcome.state is Status.RETRYING else None
            row.job, row.published_at, row.queued_at = replace(row.job, turn=row.job.turn + 1), None, outcome.until
        else:
            del self.rows[row.job.notification, row.job.channel]
            self._follow_up(row, outcome, now)
        if outcome.state is Status.DEAD:
            self.dead_letters[row.job.notification, row.job.channel] = outcome

    def _follow_up(self, row: Row, outcome: Outcome, now: datetime) -> None:
        if row.follow_up and outcome.follow_up is not None and self._devices.has(row.job.owner):
            job = replace(row.job, channel=Channel.PUSH, turn=0)
            self.add(Row(job, row.created_at, now + timedelta(seconds=outcome.follow_up)))

    def _backlog(self, queue: Queue) -> Backlog:
        now = self._clock()
        waiting = [row for row in self.rows.values() if row.job.queue == queue and row.queued_at <= now]
        ages = [(now - row.queued_at).total_seconds() for row in waiting]
        return Backlog(len(ages), max(ages, default=0.0))

    def _overdue(self, lane: Lane, age: float) -> list[Row]:
        now = self._clock()
        fresh = now - timedelta(seconds=SWEEP_AFTER)
        lost = self._adopted_until or datetime.min.replace(tzinfo=UTC)
        if age < inf:
            lost = max(lost, now - timedelta(seconds=max(REDRIVE_AFTER, age + REDRIVE_SLACK)))
        free = [row for row in self.rows.values() if not row.swept and row.job.lane == lane]
        unpublished = [row for row in free if row.published_at is None and row.queued_at <= fresh]
        published = [row for row in free if row.published_at is not None and row.published_at < lost]
        return [*sorted(unpublished, key=_waiting_since), *sorted(published, key=_waiting_since)]


def _waiting_since(row: Row) -> datetime:
    return row.published_at or row.queued_at
