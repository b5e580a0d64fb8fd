"""What the fast path or NATS loses, the sweep brings back; nothing waits for the fast path."""

import asyncio
from collections.abc import Iterable, Sequence

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.memory.store import MemoryStore
from notifications.app.dispatch import WebsocketDispatcher
from notifications.app.relay import Relay
from notifications.app.sweep import Sweeper
from notifications.app.tasks import Tasks
from notifications.domain import limits
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Job, Outcome, Status
from notifications.domain.notification import UserKey
from notifications.domain.submission import jobs_of
from tests.support.lanes import NORMAL
from tests.unit.workloads.app.world import BOB, Recorder, clock, in_virtual_time, store_with, submission


class FlakyQueue(MemoryQueue):
    """A queue that cannot be reached while `away`."""

    away = True

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        if self.away:
            raise Unavailable("no NATS")
        return await super().publish(jobs)


async def serve(dispatcher: WebsocketDispatcher, jobs: Iterable[Job]) -> list[Outcome]:
    """Have each job served, as the queue hands it out for the first time."""
    queue = MemoryQueue()
    await queue.ensure()
    await queue.publish(list(jobs))
    deliveries = await queue.fetch(NORMAL, 10, 1)
    return [await dispatcher.serve(delivery) for delivery in deliveries]


def test_the_sweep_publishes_what_the_relay_could_not() -> None:
    async def work() -> list[int]:
        store, queue = MemoryStore(clock), FlakyQueue()
        request = submission()
        await store.accept([request])
        Relay(queue, store.outbox, Tasks()).start(jobs_of(request))
        sweeping = asyncio.ensure_future(Sweeper(queue, store.outbox, Recorder()).run())
        await asyncio.sleep(5)
        before = len(queue)
        queue.away = False
        await asyncio.sleep(3)
        sweeping.cancel()
        return [before, len(queue)]

    assert in_virtual_time(work) == [0, 1]


def test_a_relayed_job_is_left_alone_by_the_sweep() -> None:
    async def work() -> tuple[int, int]:
        store, queue = MemoryStore(clock), MemoryQueue()
        await queue.ensure()
        request = submission()
        await store.accept([request])
        Relay(queue, store.outbox, Tasks()).start(jobs_of(request))
        await asyncio.sleep(2)
        return len(queue), await store.outbox.sweep(queue.publish, await queue.ages(), 500)

    assert in_virtual_time(work) == (1, 0)


def test_the_relay_leaves_to_the_sweep_what_it_cannot_hold() -> None:
    async def work() -> tuple[int, int]:
        store, queue = MemoryStore(clock), MemoryQueue()
        await queue.ensure()
        wide = submission(*(f"user-{number}" for number in range(limits.MAX_RELAYS + 1)))
        await store.accept([wide])
        Relay(queue, store.outbox, Tasks()).start(jobs_of(wide))
        await asyncio.sleep(2)
        relayed = len(queue)
        await Sweeper(queue, store.outbox, Recorder()).sweep()
        return relayed, len(queue)

    assert in_virtual_time(work) == (0, limits.MAX_RELAYS + 1)


def test_when_nats_lost_everything_every_open_job_is_published_again() -> None:
    async def work() -> list[int]:
        store, queue = MemoryStore(clock), MemoryQueue()
        sweeper = Sweeper(queue, store.outbox, Recorder())
        await sweeper.check_stream()
        requests = [submission() for _ in range(3)]
        await store.accept(requests)
        await store.outbox.mark_published(
            await queue.publish([job for request in requests for job in jobs_of(request)])
        )
        queue.wipe()
        sweeping = asyncio.ensure_future(sweeper.run())
        await asyncio.sleep(10)
        sweeping.cancel()
        return [len(queue), len(await queue.fetch(NORMAL, 10, 1))]

    assert in_virtual_time(work) == [3, 3]


class Forgetful(MemoryQueue):
    """A queue that acknowledges these jobs without storing them, once: so little is left of a crash before a sync."""

    def __init__(self) -> None:
        super().__init__()
        self.forgets: list[Job] = []

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        await super().publish([job for job in jobs if job not in self.forgets])
        self.forgets = [job for job in self.forgets if job not in jobs]
        return list(jobs)


def test_a_backlog_of_hours_is_not_doubled_and_what_was_lost_behind_it_comes_back() -> None:
    async def work() -> list[int]:
        store, queue = MemoryStore(clock), Forgetful()
        sweeper = Sweeper(queue, store.outbox, Recorder())
        await sweeper.check_stream()
        await asyncio.sleep(limits.ADOPTION_GRACE)
        requests = [submission() for _ in range(3)]
        await store.accept(requests)
        kept, *lost = [job for request in requests for job in jobs_of(request)]
        queue.forgets = lost
        await store.outbox.mark_published(await queue.publish([kept, *lost]))
        sweeping = asyncio.ensure_future(sweeper.run())
        await asyncio.sleep(10 * limits.REDRIVE_AFTER)
        counts = [len(queue)]
        for delivery in await queue.fetch(NORMAL, 10, 1):
            await store.outbox.settle([Outcome(delivery.job, Status.OFFLINE)])
            await delivery.done()
        await asyncio.sleep(2 * limits.STREAM_CHECK_EVERY)
        sweeping.cancel()
        return [*counts, len(queue)]

    assert in_virtual_time(work) == [1, 2]


def test_an_event_is_offered_to_the_gateways_that_hold_its_owner() -> None:
    async def work() -> tuple[list[str], list[int]]:
        store, bus = await store_with(0), MemoryInboxBus()
        requests = [submission("bob"), submission("carol")]
        await store.accept(requests)
        heard: list[InboxEvent] = []
        await bus.subscribe(BOB, heard.append)
        jobs = [job for request in requests for job in jobs_of(request)]
        outcomes = await serve(WebsocketDispatcher(store.outbox, bus), jobs)
        return [outcome.state for outcome in outcomes], [event.seq for event in heard]

    assert in_virtual_time(work) == (["sent", "offline"], [1])


def test_a_bus_that_cannot_be_asked_counts_as_offline_because_the_inbox_will_be_read() -> None:
    class NoBus(MemoryInboxBus):
        async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
            raise Unavailable(f"NATS did not answer ntf.inbox.{owner.tenant}.{owner.user} within 0.5 s")

    async def work() -> list[tuple[str, str | None]]:
        store = await store_with(0)
        request = submission()
        await store.accept([request])
        outcomes = await serve(WebsocketDispatcher(store.outbox, NoBus()), jobs_of(request))
        return [(outcome.state, outcome.reason) for outcome in outcomes]

    assert in_virtual_time(work) == [("offline", "no gateway answered")]
