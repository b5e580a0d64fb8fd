"""Digests in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from notifications.adapters.memory.outbox import MemoryOutbox
from notifications.adapters.memory.rows import Row
from notifications.domain.digest import Digest, Edition
from notifications.domain.jobs import Job, Outcome, Queue, Status
from notifications.domain.notification import Notification
from notifications.ports.clock import Clock


@dataclass(slots=True)
class Record:
    """A digest, what was collected for it, and when that ended."""

    digest: Digest
    items: list[UUID] = field(default_factory=list)
    closed_at: datetime | None = None


class MemoryDigests:
    """The DigestStore beside a MemoryOutbox. `find` gives a notification that is still to be told of."""

    def __init__(self, clock: Clock, outbox: MemoryOutbox, find: Callable[[UUID], Notification | None]) -> None:
        self._clock = clock
        self._outbox = outbox
        self._find = find
        self.records: dict[UUID, Record] = {}

    async def collect(self, job: Job, digest: Digest) -> bool:
        """Put the notification of a job into the digest of an hour."""
        if self._outbox.find_row(job) is None:
            return True
        record = self._open(digest)
        if record.closed_at is not None:
            return False
        record.items.append(job.notification)
        await self._outbox.settle([Outcome(job, Status.DIGESTED, attempted=False)])
        return True

    async def edit(self, job: Job, limit: int) -> Edition | None:
        """Close a digest and return what it has to tell."""
        record, row = self.records.get(job.notification), self._outbox.find_row(job)
        if record is None or row is None:
            return None
        record.closed_at = record.closed_at or self._clock()
        found = [notification for id in record.items if (notification := self._find(id))]
        found.sort(key=lambda notification: (notification.created_at, notification.id), reverse=True)
        tried = self._outbox.read_attempts(job)
        return Edition(record.digest.period, tuple(found[:limit]), len(found), row.since or row.queued_at, *tried)

    def _open(self, digest: Digest) -> Record:
        for record in self.records.values():
            if replace(record.digest, id=digest.id, period=digest.period) == digest:
                record.digest = replace(record.digest, period=max(record.digest.period, digest.period))
                return record
        self.records[digest.id] = record = Record(digest)
        job = Job(digest.id, digest.owner, digest.channel, Queue.LOW, digest=True)
        self._outbox.add(Row(job, self._clock(), digest.due_at))
        return record
