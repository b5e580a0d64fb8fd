"""A consumer offers, commits the outcome, then acknowledges; whatever fails on the way, the job is not lost."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.memory.store import MemoryStore
from notifications.app.consume import Consumer
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Channel, Job, Outcome, Queue
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import Recorder, clock, in_virtual_time

JOBS = [Job(UUID(int=number), UserKey("demo", "bob"), Channel.WEBSOCKET, Queue.NORMAL) for number in range(5)]


class Steps(MemoryStore):
    """A store that writes down what is settled, and fails as often as told."""

    def __init__(self, steps: list[str], failures: int = 0) -> None:
        super().__init__(clock)
        self.steps = steps
        self.outcomes: list[Outcome] = []
        self._failures = failures

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        if self._failures:
            self._failures -= 1
            raise Unavailable("down")
        self.steps.append("settle")
        self.outcomes += outcomes


def serve(store: Steps, queue: MemoryQueue, seconds: float, poison: Job | None = None) -> list[str]:
    async def dispatch(jobs: Sequence[Job]) -> list[Outcome]:
        if poison in jobs:
            raise ValueError("this job cannot be served")
        store.steps.append("offer")
        return [Outcome(job, "sent") for job in jobs]

    async def work() -> list[str]:
        await queue.ensure()
        await queue.publish(JOBS)
        consumer = Consumer(Queue.NORMAL, 20, queue, store, Recorder())
        running = asyncio.ensure_future(consumer.run(dispatch))
        await asyncio.sleep(seconds)
        running.cancel()
        store.steps.append(f"{len(queue)} left")
        return store.steps

    return in_virtual_time(work)


def test_the_outcome_is_committed_before_the_job_is_acknowledged() -> None:
    assert serve(Steps([]), MemoryQueue(), 1) == ["offer", "settle", "0 left"]


def test_an_outage_is_waited_for_with_the_jobs_in_hand() -> None:
    store = Steps([], failures=40)
    steps = serve(store, MemoryQueue(), 60)
    assert steps[-2:] == ["settle", "0 left"]
    assert [outcome.state for outcome in store.outcomes] == ["sent"] * len(JOBS), "an outage is no failed attempt"


def test_a_job_that_cannot_be_served_ends_as_a_dead_letter_and_takes_no_other_with_it() -> None:
    store = Steps([])
    steps = serve(store, MemoryQueue(), 120, poison=JOBS[2])
    assert steps[-1] == "0 left"
    assert {outcome.job: outcome.state for outcome in store.outcomes} == {
        job: "dead" if job is JOBS[2] else "sent" for job in JOBS
    }
