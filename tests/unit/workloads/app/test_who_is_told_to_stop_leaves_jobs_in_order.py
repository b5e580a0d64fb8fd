"""What a worker has in hand when it is told to stop has not failed: others take it over as if nobody had tried."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from notifications.adapters.memory.queue import MemoryQueue
from notifications.app.consume import Consumer
from notifications.domain.jobs import Job, Outcome, Status
from notifications.domain.limits import JOB_TAKEOVERS, JOBS_GRACE, LAST_WORDS
from notifications.domain.notification import Priority
from tests.unit.workloads.app.office import HELLO, Office, in_office
from tests.unit.workloads.app.world import Recorder

LATE = 2 * JOBS_GRACE
Settle = Callable[[Outcome], Awaitable[None]]


async def accept(office: Office) -> tuple[MemoryQueue, Job]:
    """Have a mail accepted and queued, whose relay takes longer than a worker has that is told to stop."""
    job, queue = await office.accept(message=replace(HELLO, priority=Priority.LOW)), MemoryQueue()
    await queue.ensure()
    await queue.publish([job])
    return queue, job


async def work(office: Office, queue: MemoryQueue, job: Job, settle: Settle, seconds: float = 1.0) -> float:
    """Have a worker serve until it is told to stop, and return how long it took to end."""
    consumer = Consumer(job.lane, 1, queue, Recorder())
    running = asyncio.create_task(consumer.run(office.hand_out, settle))
    await asyncio.sleep(seconds)
    told = asyncio.get_running_loop().time()
    running.cancel()
    await asyncio.wait([running])
    return asyncio.get_running_loop().time() - told


@in_office
async def test_a_mail_that_is_being_sent_has_neither_failed_nor_killed_anybody(office: Office) -> None:
    queue, job = await accept(office)
    workers = JOB_TAKEOVERS + 3
    office.relay.answers = [LATE] * workers

    async def settle(outcome: Outcome) -> None:
        await office.store.outbox.settle([outcome])

    for hand_out in range(1, workers + 1):
        await work(office, queue, job, settle)
        errand = (await office.store.outbox.errands([job]))[job]
        assert (errand.attempts, errand.hand_outs) == (0, hand_out)
    await work(office, queue, job, settle)
    assert office.store.outbox.deliveries[job.notification, job.channel].state == Status.SENT
    assert len(office.relay.seen) == workers + 1


@in_office
async def test_who_cannot_write_it_down_gives_it_back_all_the_same_and_soon(office: Office) -> None:
    queue, job = await accept(office)
    office.relay.answers = [LATE]

    async def hang(outcome: Outcome) -> None:
        await asyncio.Event().wait()

    assert await work(office, queue, job, hang) == JOBS_GRACE + LAST_WORDS
    (again,) = await queue.fetch(job.lane, 1, 0.0)
    assert again.deliveries == 2
