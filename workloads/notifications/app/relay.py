"""The fast path from commit to work queue. It may drop anything at any time: the sweep finds what it dropped."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Job
from notifications.domain.limits import MARK_AFTER, MAX_MARKS, MAX_RELAYS
from notifications.ports.queue import WorkQueue
from notifications.ports.store import OutboxStore


class Relay:
    """Publishes committed jobs without making anyone wait."""

    def __init__(self, queue: WorkQueue, outbox: OutboxStore, tasks: Tasks) -> None:
        self._queue = queue
        self._outbox = outbox
        self._tasks = tasks
        self._under_way = 0
        self._published: list[Job] = []

    def start(self, jobs: Sequence[Job]) -> None:
        """Publish in the background; above MAX_RELAYS jobs under way, leave them to the sweep."""
        if jobs and self._under_way + len(jobs) <= MAX_RELAYS:
            self._under_way += len(jobs)
            self._tasks.start(self._publish(jobs), "relay")

    async def _publish(self, jobs: Sequence[Job]) -> None:
        try:
            self._note(await self._queue.publish(jobs))
        except Unavailable:
            pass  # the sweep repeats it; the queue drops the twin by its id
        finally:
            self._under_way -= len(jobs)

    def _note(self, jobs: Sequence[Job]) -> None:
        if jobs and not self._published:
            self._tasks.start(self._mark(), "relay marks")
        self._published += jobs

    async def _mark(self) -> None:
        """Write down what was published: many at a time, and late enough that most of it is settled by then."""
        await asyncio.sleep(MARK_AFTER)
        published, self._published = self._published, []
        for start in range(0, len(published), MAX_MARKS):
            with suppress(Unavailable):  # as above
                await self._outbox.mark_published(published[start : start + MAX_MARKS])
