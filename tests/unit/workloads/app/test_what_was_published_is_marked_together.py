"""A mark costs a write of the row that it marks: many share a statement, and what is settled by then costs nothing."""

import asyncio
from collections.abc import Sequence

from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.memory.store import MemoryStore
from notifications.app.relay import Relay
from notifications.app.tasks import Tasks
from notifications.domain import limits
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Job
from notifications.domain.submission import jobs_of
from tests.unit.workloads.app.world import clock, in_virtual_time, submission


class Marks:
    """An outbox that remembers what it was told, and when; it cannot be reached while `away`."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.times: list[float] = []
        self.away = False

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        self.sizes.append(len(jobs))
        self.times.append(asyncio.get_running_loop().time())
        if self.away:
            raise Unavailable("no database")


async def relay_each(marks: Marks, *sizes: int) -> Relay:
    """Relay groups of jobs of these sizes, one right after the other."""
    queue, store = MemoryQueue(), MemoryStore(clock)
    await queue.ensure()
    store.outbox.mark_published = marks.mark_published  # type: ignore[method-assign]
    relay = Relay(queue, store.outbox, Tasks())
    for size in sizes:
        relay.start(jobs_of(submission(*(f"user-{number}" for number in range(size)))))
    return relay


def test_groups_that_follow_each_other_are_marked_by_one_statement() -> None:
    async def work() -> Marks:
        marks = Marks()
        await relay_each(marks, 3, 4, 5)
        await asyncio.sleep(limits.SWEEP_AFTER)
        return marks

    marks = in_virtual_time(work)
    assert marks.sizes == [12]
    assert marks.times[0] < limits.SWEEP_AFTER


def test_a_statement_marks_no_more_than_its_most() -> None:
    async def work() -> Marks:
        marks = Marks()
        await relay_each(marks, limits.MAX_MARKS, 1)
        await asyncio.sleep(limits.SWEEP_AFTER)
        return marks

    assert in_virtual_time(work).sizes == [limits.MAX_MARKS, 1]


def test_marking_goes_on_after_an_outage() -> None:
    async def work() -> Marks:
        marks = Marks()
        marks.away = True
        relay = await relay_each(marks, 2)
        await asyncio.sleep(limits.SWEEP_AFTER)
        marks.away = False
        relay.start(jobs_of(submission()))
        await asyncio.sleep(limits.SWEEP_AFTER)
        return marks

    assert in_virtual_time(work).sizes == [2, 1]
