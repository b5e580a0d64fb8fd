"""A work queue that reports what it took, whichever part of the application published it."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.domain.jobs import Job, Lane
from notifications.ports.queue import Delivery, WorkQueue
from notifications.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class ObservedQueue:
    """The port WorkQueue on another one."""

    queue: WorkQueue
    telemetry: Telemetry

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        """Publish and report."""
        taken = await self.queue.publish(jobs)
        self.telemetry.enqueued(taken)
        return taken

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[Delivery]:
        """Fetch."""
        return await self.queue.fetch(lane, limit, wait)

    async def created(self) -> str | None:
        """Return when the stream was created."""
        return await self.queue.created()

    async def ages(self) -> dict[Lane, float]:
        """Return how old the oldest job of each lane is."""
        return await self.queue.ages()

    async def ensure(self) -> str:
        """Create what is missing."""
        return await self.queue.ensure()
