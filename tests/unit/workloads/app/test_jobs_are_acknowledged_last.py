"""A consumer brings, commits the outcome, then acknowledges; whatever fails on the way, the job is not lost."""

import asyncio
from uuid import UUID

from notifications.adapters.memory.queue import MemoryQueue
from notifications.app.consume import Consumer
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Channel, Job, Lane, Outcome, Queue, Status, find_poison
from notifications.domain.limits import JOB_LOCK
from notifications.domain.notification import UserKey
from notifications.ports.queue import Delivery
from tests.unit.workloads.app.world import Recorder, in_virtual_time

LANE = Lane(Queue.NORMAL, Channel.WEBSOCKET)
JOBS = [Job(UUID(int=number), UserKey("demo", "bob"), LANE.channel, LANE.queue) for number in range(5)]


class Desk:
    """Serves and settles, writes down what it does, and fails as told."""

    def __init__(self, failures: int = 0, poison: Job | None = None, hung: Job | None = None) -> None:
        self.queue = MemoryQueue()
        self.steps: list[str] = []
        self.outcomes: dict[Job, Outcome] = {}
        self.at_once = 0
        self._serving = 0
        self._failures = failures
        self._poison = poison
        self._hung = hung

    async def serve(self, delivery: Delivery) -> Outcome:
        self._serving += 1
        self.at_once = max(self.at_once, self._serving)
        try:
            return await self._serve(delivery)
        finally:
            self._serving -= 1

    async def settle(self, outcome: Outcome) -> None:
        if self._failures:
            self._failures -= 1
            raise Unavailable("down")
        self.steps.append(f"settle, {len(self.queue)} left")
        self.outcomes[outcome.job] = outcome

    async def _serve(self, delivery: Delivery) -> Outcome:
        if poison := find_poison(delivery.job, delivery.deliveries):
            return poison
        if delivery.job == self._poison:
            raise ValueError("this job cannot be served")
        if delivery.job == self._hung:
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)
        return Outcome(delivery.job, Status.SENT)


def work(desk: Desk, seconds: float, concurrency: int = 20) -> int:
    """Have the jobs done for so many seconds and return how many are left."""

    async def run() -> int:
        await desk.queue.ensure()
        await desk.queue.publish(JOBS)
        consumer = Consumer(LANE, concurrency, desk.queue, Recorder())
        running = asyncio.ensure_future(consumer.run(desk.serve, desk.settle))
        await asyncio.sleep(seconds)
        left = len(desk.queue)
        running.cancel()
        await asyncio.wait([running])
        return left

    return in_virtual_time(run)


def test_the_outcome_is_committed_before_the_job_is_acknowledged() -> None:
    desk = Desk()
    assert work(desk, 1, concurrency=1) == 0
    assert desk.steps == [f"settle, {left} left" for left in (5, 4, 3, 2, 1)]


def test_no_more_jobs_are_served_at_once_than_agreed() -> None:
    desk = Desk()
    assert (work(desk, 1, concurrency=2), desk.at_once) == (0, 2)


def test_a_job_that_hangs_delays_no_other_and_stays_locked() -> None:
    desk = Desk(hung=JOBS[0])
    assert work(desk, 3 * JOB_LOCK, concurrency=2) == 1
    assert {job for job, outcome in desk.outcomes.items() if outcome.is_over} == set(JOBS[1:])


def test_an_outage_is_waited_for_with_the_jobs_in_hand() -> None:
    desk = Desk(failures=40)
    assert work(desk, 60) == 0
    assert {outcome.state for outcome in desk.outcomes.values()} == {Status.SENT}, "an outage is no failed attempt"


def test_a_job_that_cannot_be_served_ends_as_a_dead_letter_and_takes_no_other_with_it() -> None:
    desk = Desk(poison=JOBS[2])
    assert work(desk, 120) == 0
    assert {job: outcome.state for job, outcome in desk.outcomes.items()} == {
        job: Status.DEAD if job is JOBS[2] else Status.SENT for job in JOBS
    }


def test_what_is_in_hand_at_the_end_is_finished() -> None:
    desk = Desk()
    assert work(desk, 0.005) == len(JOBS)
    assert set(desk.outcomes) == set(JOBS)
