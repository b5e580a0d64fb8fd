"""What ports/queue.py promises, kept by JetStream and by memory alike."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.nats.connection import Connection, connect
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.streams import STREAM
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import LANES, Channel, Job, Lane, Queue
from notifications.domain.notification import UserKey
from notifications.ports.queue import Delivery, WorkQueue
from tests.support.lanes import HIGH, LOW, NORMAL
from tests.support.nats import NatsServer
from tests.support.waiting import eventually


class MemoryCluster:
    """Workers that share one queue in memory."""

    def __init__(self, lock: float) -> None:
        self._queue = MemoryQueue(lock)

    async def open(self) -> WorkQueue:
        return self._queue

    async def lose(self) -> None:
        self._queue.wipe()

    async def close(self) -> None:
        """Nothing to release."""


class NatsCluster:
    """Workers that share a nats-server, each with its own connection."""

    def __init__(self, server: NatsServer, lock: float) -> None:
        self._server = server
        self._lock = lock
        self._connections: list[Connection] = []

    async def open(self) -> WorkQueue:
        connection = await connect([self._server.url], "worker", self._server.password("worker"), "contract")
        self._connections.append(connection)
        return JetStreamQueue(connection, lock=self._lock)

    async def lose(self) -> None:
        answer = await self._connections[0].request(f"$JS.API.STREAM.DELETE.{STREAM}", b"")
        assert json.loads(answer.data)["success"]

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


Cluster = MemoryCluster | NatsCluster
MakeCluster = Callable[[float], Awaitable[Cluster]]


@pytest.fixture(params=["memory", "nats"])
async def make_cluster(request: pytest.FixtureRequest) -> AsyncIterator[MakeCluster]:
    """Make a cluster without a stream whose locks last so many seconds."""
    clusters: list[Cluster] = []

    async def make(lock: float) -> Cluster:
        if request.param == "memory":
            clusters.append(MemoryCluster(lock))
        else:
            # A server of its own: a consumer inherits redeliveries of a namesake that was deleted a moment before
            clusters.append(NatsCluster(request.getfixturevalue("private_nats"), lock))
        return clusters[-1]

    yield make
    for cluster in clusters:
        await cluster.close()


@pytest.fixture
async def cluster(make_cluster: MakeCluster) -> Cluster:
    """A cluster with a stream, whose locks outlive every test."""
    cluster = await make_cluster(60.0)
    await (await cluster.open()).ensure()
    return cluster


@pytest.fixture
async def queue(cluster: Cluster) -> WorkQueue:
    return await cluster.open()


@pytest.fixture
async def forgetful(make_cluster: MakeCluster) -> WorkQueue:
    """A queue whose locks last half a second."""
    queue = await (await make_cluster(0.5)).open()
    await queue.ensure()
    return queue


def job(number: int, queue: Queue = Queue.NORMAL, user: str = "alice") -> Job:
    return Job(UUID(int=number), UserKey("acme", user), Channel.WEBSOCKET, queue)


def jobs_of(deliveries: object) -> list[Job]:
    return [delivery.job for delivery in deliveries]  # type: ignore[attr-defined]


async def fetch_one(queue: WorkQueue, wait: float = 5.0) -> Delivery:
    deliveries = await queue.fetch(NORMAL, 1, wait)
    assert len(deliveries) == 1
    return deliveries[0]


async def test_published_jobs_are_acknowledged_and_come_in_order(queue: WorkQueue) -> None:
    jobs = [job(number) for number in range(10)]
    assert await queue.publish(jobs) == jobs
    assert jobs_of(await queue.fetch(NORMAL, 10, 5)) == jobs


async def test_a_job_arrives_as_it_was_published(queue: WorkQueue) -> None:
    strange = Job(UUID(int=2**128 - 1), UserKey("t-1", "Zoë *.> \r\n\t😀" * 8), Channel.WEBSOCKET, Queue.HIGH)
    await queue.publish([strange])
    assert jobs_of(await queue.fetch(HIGH, 1, 5)) == [strange]


async def test_publishing_nothing_acknowledges_nothing(queue: WorkQueue) -> None:
    assert await queue.publish([]) == []


async def test_a_job_published_twice_is_acknowledged_twice_and_handed_out_once(queue: WorkQueue) -> None:
    assert await queue.publish([job(1), job(1)]) == [job(1), job(1)]
    assert await queue.publish([job(1)]) == [job(1)]
    assert jobs_of(await queue.fetch(NORMAL, 10, 5)) == [job(1)]
    assert await queue.fetch(NORMAL, 10, 0.1) == []


async def test_a_job_that_is_done_is_not_handed_out_again_when_it_is_published_late(queue: WorkQueue) -> None:
    await queue.publish([job(1)])
    await (await fetch_one(queue)).done()
    assert await queue.publish([job(1)]) == [job(1)]
    assert await queue.fetch(NORMAL, 10, 0.1) == []


async def test_thousands_of_jobs_are_all_acknowledged_and_each_is_handed_out_once(queue: WorkQueue) -> None:
    jobs = [job(number) for number in range(2_000)]
    assert await queue.publish(jobs) == jobs
    fetched: list[Job] = []
    while deliveries := await queue.fetch(NORMAL, 300, 0.2):
        assert len(deliveries) <= 300
        fetched += jobs_of(deliveries)
    assert fetched == jobs


async def test_each_queue_hands_out_its_own_jobs(queue: WorkQueue) -> None:
    await queue.publish([job(number, name) for number, name in enumerate(Queue)])
    for number, name in enumerate(Queue):
        assert jobs_of(await queue.fetch(Lane(name, Channel.WEBSOCKET), 10, 5)) == [job(number, name)]


async def test_a_fetch_returns_none_after_the_wait_and_not_much_later(queue: WorkQueue) -> None:
    begun = time.monotonic()
    assert await queue.fetch(NORMAL, 10, 0.3) == []
    assert 0.29 <= time.monotonic() - begun < 3.0


async def test_a_fetch_returns_no_more_than_its_limit(queue: WorkQueue) -> None:
    await queue.publish([job(number) for number in range(5)])
    assert jobs_of(await queue.fetch(NORMAL, 3, 5)) == [job(0), job(1), job(2)]
    assert jobs_of(await queue.fetch(NORMAL, 3, 5)) == [job(3), job(4)]


async def test_a_single_job_does_not_wait_for_a_batch_to_fill(queue: WorkQueue) -> None:
    await queue.publish([job(1)])
    begun = time.monotonic()
    assert jobs_of(await queue.fetch(NORMAL, 100, 10)) == [job(1)]
    assert time.monotonic() - begun < 4.0


async def test_a_fetch_that_waits_returns_as_soon_as_a_job_is_published(queue: WorkQueue, cluster: Cluster) -> None:
    producer = await cluster.open()
    waiting = asyncio.create_task(queue.fetch(NORMAL, 100, 10))
    assert await queue.fetch(LOW, 1, 0.2) == []  # by now the other one waits
    begun = time.monotonic()
    await producer.publish([job(1)])
    assert jobs_of(await waiting) == [job(1)]
    assert time.monotonic() - begun < 4.0


async def test_two_workers_never_hold_the_same_job(cluster: Cluster) -> None:
    first, second = await cluster.open(), await cluster.open()
    await first.publish([job(number) for number in range(200)])

    async def drain(queue: WorkQueue) -> list[Job]:
        fetched: list[Job] = []
        while deliveries := await queue.fetch(NORMAL, 7, 0.3):
            fetched += jobs_of(deliveries)
        return fetched

    shares = await asyncio.gather(drain(first), drain(second), drain(second))
    assert sorted(held.notification.int for share in shares for held in share) == list(range(200))


async def test_a_cancelled_fetch_drops_no_job(queue: WorkQueue) -> None:
    for number in range(40):
        waiting = asyncio.create_task(queue.fetch(NORMAL, 5, 10))
        await asyncio.sleep(number * 0.0001)  # cancel before, while and after the job arrives
        publishing = asyncio.create_task(queue.publish([job(number)]))
        await asyncio.sleep(number % 5 * 0.0005)
        waiting.cancel()
        fetched = await asyncio.gather(waiting, return_exceptions=True)
        assert await publishing == [job(number)]
        deliveries = [] if isinstance(fetched[0], BaseException) else fetched[0]
        if not deliveries:
            deliveries = await queue.fetch(NORMAL, 5, 5)
        assert jobs_of(deliveries) == [job(number)]
        await deliveries[0].done()


async def test_deliveries_count_how_often_a_job_was_handed_out(queue: WorkQueue) -> None:
    await queue.publish([job(1)])
    for expected in (1, 2, 3):
        delivery = await fetch_one(queue)
        assert delivery.deliveries == expected
        await delivery.retry(0)


async def test_a_job_whose_worker_is_silent_is_handed_out_again_after_the_lock(forgetful: WorkQueue) -> None:
    await forgetful.publish([job(1)])
    await fetch_one(forgetful)
    begun = time.monotonic()
    again = await fetch_one(forgetful)
    assert again.deliveries == 2
    assert 0.45 <= time.monotonic() - begun < 3.0


async def test_an_extended_lock_hides_the_job_for_longer(forgetful: WorkQueue) -> None:
    await forgetful.publish([job(1)])
    delivery = await fetch_one(forgetful)
    for _ in range(4):
        assert await forgetful.fetch(NORMAL, 1, 0.25) == []
        await delivery.extend()
    assert (await fetch_one(forgetful)).deliveries == 2


async def test_a_job_that_is_done_never_comes_again(forgetful: WorkQueue) -> None:
    await forgetful.publish([job(1)])
    await (await fetch_one(forgetful)).done()
    assert await forgetful.fetch(NORMAL, 1, 1.0) == []


async def test_being_done_twice_or_late_is_harmless(forgetful: WorkQueue) -> None:
    await forgetful.publish([job(1)])
    slow = await fetch_one(forgetful)
    await (await fetch_one(forgetful)).done()
    await slow.done()
    await slow.extend()
    await slow.retry(0)
    await forgetful.publish([job(2)])
    assert (await fetch_one(forgetful)).job == job(2)
    assert await forgetful.fetch(NORMAL, 1, 0.1) == []


async def test_a_job_to_be_retried_waits_as_long_as_told(queue: WorkQueue) -> None:
    await queue.publish([job(1)])
    delivery = await fetch_one(queue)
    begun = time.monotonic()
    await delivery.retry(0.5)
    again = await fetch_one(queue)
    assert again.deliveries == 2
    assert 0.45 <= time.monotonic() - begun < 3.0


async def test_a_job_to_be_retried_now_goes_to_whoever_waits(queue: WorkQueue, cluster: Cluster) -> None:
    await queue.publish([job(1)])
    delivery = await fetch_one(queue)
    waiting = asyncio.create_task(fetch_one(await cluster.open()))
    await delivery.retry(0)
    assert (await waiting).deliveries == 2


async def test_a_job_that_waits_for_a_retry_holds_up_no_other(queue: WorkQueue) -> None:
    await queue.publish([job(1), job(2)])
    await (await fetch_one(queue)).retry(30)
    assert (await fetch_one(queue)).job == job(2)


async def test_very_many_jobs_that_wait_for_a_retry_hold_up_no_other(queue: WorkQueue) -> None:
    await queue.publish([job(number) for number in range(10_100)])
    while deliveries := await queue.fetch(NORMAL, 500, 0.2):
        await asyncio.gather(*(delivery.retry(60.0) for delivery in deliveries))
    await queue.publish([job(20_000)])
    assert (await fetch_one(queue)).job == job(20_000)


async def test_a_lane_is_as_old_as_the_oldest_of_its_jobs_that_is_not_done(queue: WorkQueue) -> None:
    await queue.publish([job(1), job(2, Queue.LOW)])
    first, (low,) = await fetch_one(queue), await queue.fetch(LOW, 1, 5)
    await asyncio.sleep(0.5)
    await queue.publish([job(3)])
    await low.retry(60)
    ages = await queue.ages()
    assert set(ages) == set(LANES)
    assert {lane for lane, age in ages.items() if age} == {NORMAL, LOW}
    assert 0.4 < ages[NORMAL] < 5
    assert 0.4 < ages[LOW] < 5
    await first.done()
    await eventually(lambda: _is_younger(queue, ages[NORMAL]))


async def _is_younger(queue: WorkQueue, age: float) -> bool:
    return (await queue.ages())[NORMAL] < age


async def test_without_a_stream_nothing_is_known_of_the_age_of_a_lane(queue: WorkQueue, cluster: Cluster) -> None:
    await queue.publish([job(1)])
    await cluster.lose()
    assert await queue.ages() == {}


async def test_there_is_no_stream_before_it_is_ensured(make_cluster: MakeCluster) -> None:
    queue = await (await make_cluster(60.0)).open()
    assert await queue.created() is None
    created = await queue.ensure()
    assert created
    assert await queue.created() == created


async def test_ensuring_again_changes_nothing(queue: WorkQueue, cluster: Cluster) -> None:
    created = await queue.created()
    await queue.publish([job(1), job(2)])
    first = await fetch_one(queue)
    assert await (await cluster.open()).ensure() == created
    await first.done()
    assert (await fetch_one(queue)).job == job(2)


async def test_processes_that_ensure_at_once_agree(make_cluster: MakeCluster) -> None:
    cluster = await make_cluster(60.0)
    queues = [await cluster.open() for _ in range(5)]
    times = await asyncio.gather(*(queue.ensure() for queue in queues))
    assert len(set(times)) == 1
    await queues[0].publish([job(1)])
    assert jobs_of(await queues[1].fetch(NORMAL, 1, 5)) == [job(1)]


async def test_a_stream_made_anew_has_another_time_of_creation(queue: WorkQueue, cluster: Cluster) -> None:
    before = await queue.created()
    await cluster.lose()
    assert await queue.created() is None
    assert await queue.ensure() not in (None, before)


async def test_a_stream_made_anew_takes_jobs_that_the_lost_one_had(queue: WorkQueue, cluster: Cluster) -> None:
    await queue.publish([job(1)])
    await cluster.lose()
    await queue.ensure()
    assert await queue.publish([job(1)]) == [job(1)]
    assert (await fetch_one(queue)).job == job(1)


async def test_without_a_stream_nothing_is_published_or_fetched(queue: WorkQueue, cluster: Cluster) -> None:
    await cluster.lose()
    with pytest.raises(Unavailable):
        await queue.publish([job(1)])
    with pytest.raises(Unavailable):
        await queue.fetch(NORMAL, 1, 5)


async def test_a_fetch_that_waits_hears_of_the_loss_of_the_stream(queue: WorkQueue, cluster: Cluster) -> None:
    waiting = asyncio.create_task(queue.fetch(NORMAL, 1, 30))
    assert await queue.fetch(LOW, 1, 0.2) == []
    await cluster.lose()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, 10)
