"""The work queue as a process sees it through the network: JetStream's faults over the exact queue in memory."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from notifications.adapters.memory.queue import MemoryDelivery, MemoryQueue
from notifications.domain import jobs as packing
from notifications.domain.jobs import Job, Lane
from tests.simulation.history import HandedOut
from tests.simulation.weather import Fault
from tests.simulation.wire import Call, Server, Wire


@dataclass(slots=True)
class RemoteDelivery:
    """A job in the hands of a worker."""

    job: Job
    deliveries: int
    queue: "RemoteQueue"
    inner: MemoryDelivery

    async def done(self) -> None:
        await self.queue.ask("done", self.inner.done)

    async def retry(self, wait: float) -> None:
        await self.queue.ask("retry", lambda: self.inner.retry(wait))

    async def extend(self) -> None:
        await self.queue.ask("extend", self.inner.extend)


class RemoteQueue:
    """WorkQueue over a wire."""

    def __init__(self, wire: Wire, nats: Server, queue: MemoryQueue) -> None:
        self._wire = wire
        self._nats = nats
        self._queue = queue

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        sent = [packing.unpack(packing.pack(job)) for job in jobs]
        name = "publish_turn" if any(job.turn for job in jobs) else "publish"
        stored = await self._wire.call(Call(self._nats, name), lambda: self._queue.publish(sent))
        return [job for job in stored if not self._wire.strikes(Fault.LOST_ACK, job.id)]

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[RemoteDelivery]:
        handed_out = await self._wire.call(Call(self._nats, "fetch", held=True), lambda: self._fetch(lane, limit, wait))
        return [RemoteDelivery(inner.job, inner.deliveries, self, inner) for inner in handed_out]

    async def created(self) -> str | None:
        return await self._wire.call(Call(self._nats, "created"), self._queue.created)

    async def ages(self) -> dict[Lane, float]:
        return await self._wire.call(Call(self._nats, "ages"), self._queue.ages)

    async def ensure(self) -> str:
        return await self._wire.call(Call(self._nats, "ensure"), self._queue.ensure)

    async def ask(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Tell the queue something about a job."""
        await self._wire.call(Call(self._nats, name), act)

    async def _fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[MemoryDelivery]:
        handed_out = await self._queue.fetch(lane, limit, wait)
        for delivery in handed_out:
            self._wire.weather.history.events.append(HandedOut(self._wire.loop.time(), delivery.job.id))
            if self._wire.strikes(Fault.DOUBLED_JOB, delivery.job.id):
                await delivery.retry(0)
        return handed_out
