"""What only the queue in memory lets a test choose: a short deduplication window, and the same run twice."""

import asyncio
from uuid import UUID

from notifications.adapters.memory.queue import MemoryQueue
from notifications.domain.jobs import Channel, Job, Queue
from notifications.domain.notification import UserKey
from tests.support.lanes import NORMAL


def job(number: int) -> Job:
    return Job(UUID(int=number), UserKey("acme", "alice"), Channel.WEBSOCKET, Queue.NORMAL)


async def test_a_job_published_again_after_the_window_is_handed_out_again() -> None:
    queue = MemoryQueue(window=0.1)
    await queue.ensure()
    await queue.publish([job(1)])
    (delivery,) = await queue.fetch(NORMAL, 1, 1)
    await delivery.done()
    await queue.publish([job(1)])
    assert await queue.fetch(NORMAL, 1, 0.15) == []
    await queue.publish([job(1)])
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 1, 1)] == [job(1)]


async def test_a_wipe_ends_every_lock_and_every_memory_of_ids() -> None:
    queue = MemoryQueue()
    first = await queue.ensure()
    await queue.publish([job(1)])
    await queue.fetch(NORMAL, 1, 1)
    queue.wipe()
    assert await queue.created() is None
    assert await queue.ensure() != first
    await queue.publish([job(1)])
    (delivery,) = await queue.fetch(NORMAL, 1, 1)
    assert delivery.deliveries == 1


async def test_whoever_asked_first_is_served_first() -> None:
    queue = MemoryQueue()
    await queue.ensure()
    served: list[int] = []

    async def worker(number: int) -> None:
        if await queue.fetch(NORMAL, 1, 5):
            served.append(number)

    workers = [asyncio.create_task(worker(number)) for number in range(5)]
    await asyncio.sleep(0)
    await queue.publish([job(number) for number in range(5)])
    await asyncio.gather(*workers)
    assert served == list(range(5))
