"""The port WorkQueue in memory: what JetStream promises, on the clock of the event loop, and nothing by chance."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifications.domain.errors import Unavailable
from notifications.domain.jobs import LANES, Job, Lane
from notifications.domain.limits import DEDUPLICATION_WINDOW, JOB_LOCK


@dataclass(slots=True)
class _Entry:
    """A job in the stream, and the loop's time when it was added, and from which it may be handed out."""

    job: Job
    added_at: float
    free_at: float
    deliveries: int = 0


@dataclass(slots=True)
class _Stream:
    """What a wipe removes: jobs by their number in order of arrival, and when each id was last stored."""

    created: str
    entries: dict[int, _Entry] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    last: int = 0


@dataclass(slots=True)
class MemoryDelivery:
    """One job, locked; it belongs to the stream that handed it out and means nothing to another."""

    job: Job
    deliveries: int
    _number: int
    _stream: _Stream
    _queue: "MemoryQueue"

    async def done(self) -> None:
        """Remove the job."""
        self._queue.free(self._stream, self._number, None)

    async def retry(self, wait: float) -> None:
        """Hand the job out again after `wait` seconds."""
        self._queue.free(self._stream, self._number, wait)

    async def extend(self) -> None:
        """Renew the lock."""
        self._queue.free(self._stream, self._number, self._queue.lock)


class MemoryQueue:
    """All queues of one cluster, shared by whoever holds this object. There is no stream before `ensure`."""

    def __init__(self, lock: float = JOB_LOCK, window: float = DEDUPLICATION_WINDOW) -> None:
        self.lock = lock
        self._window = window
        self._stream: _Stream | None = None
        self._streams = 0
        self._change = asyncio.Event()

    def __len__(self) -> int:
        """Count the jobs in the stream, handed out or not."""
        return len(self._stream.entries) if self._stream else 0

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        """Add jobs that were not added within the deduplication window, and acknowledge all."""
        stream, now = self._require_stream(), _now()
        stream.seen = {id: at for id, at in stream.seen.items() if now - at < self._window}
        for job in jobs:
            if job.id not in stream.seen:
                stream.seen[job.id] = now
                stream.last += 1
                stream.entries[stream.last] = _Entry(job, now, now)
        self._notify()
        return list(jobs)

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[MemoryDelivery]:
        """Return what is there, up to `limit`; if nothing is, the first that comes within `wait` seconds."""
        deadline = _now() + wait
        while True:
            stream, now = self._require_stream(), _now()
            entries = {number: entry for number, entry in stream.entries.items() if entry.job.lane == lane}
            free = [number for number, entry in entries.items() if entry.free_at <= now]
            if free or now >= deadline:
                return [self._hand_out(stream, number) for number in free[:limit]]
            await self._wait(min([deadline, *(entry.free_at for entry in entries.values())]))

    async def created(self) -> str | None:
        """Return when the stream was created, or None."""
        return self._stream.created if self._stream else None

    async def ages(self) -> dict[Lane, float]:
        """Return how many seconds ago the oldest job of each lane was added that is not done."""
        entries = reversed(self._stream.entries.values()) if self._stream else ()
        ages = {entry.job.lane: _now() - entry.added_at for entry in entries}
        return dict.fromkeys(LANES, 0.0) | ages if self._stream else {}

    async def ensure(self) -> str:
        """Create the stream if it is gone. Its time of creation is a count, so that every run is the same."""
        if self._stream is None:
            self._streams += 1
            self._stream = _Stream(f"stream {self._streams}")
        return self._stream.created

    def wipe(self) -> None:
        """Lose the stream with everything in it, as NATS does whose storage was removed."""
        self._stream = None
        self._notify()

    def free(self, stream: _Stream, number: int, wait: float | None) -> None:
        """Make a job available in `wait` seconds, or never again. Raises Unavailable after a wipe."""
        if stream is not self._stream:
            raise Unavailable("the queue was lost since the job was fetched")
        if wait is None:
            stream.entries.pop(number, None)
        elif number in stream.entries:
            stream.entries[number].free_at = _now() + wait
        self._notify()

    def _hand_out(self, stream: _Stream, number: int) -> MemoryDelivery:
        entry = stream.entries[number]
        entry.free_at = _now() + self.lock
        entry.deliveries += 1
        return MemoryDelivery(entry.job, entry.deliveries, number, stream, self)

    def _require_stream(self) -> _Stream:
        if self._stream is None:
            raise Unavailable("the work queue is gone")
        return self._stream

    def _notify(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    async def _wait(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._change.wait()
        except TimeoutError:
            return


def _now() -> float:
    return asyncio.get_running_loop().time()
