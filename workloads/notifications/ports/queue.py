"""The work queues. They distribute work and may lose it: the outbox brings it back."""

from collections.abc import Sequence
from typing import Protocol

from notifications.domain.jobs import Job, Lane


class Delivery(Protocol):
    """One job, locked for this worker for JOB_LOCK seconds."""

    job: Job
    deliveries: int
    """How often it was handed out, this time included."""

    async def done(self) -> None:
        """Have the job removed. Nothing confirms it: one that is handed out again all the same is found settled."""
        ...

    async def retry(self, wait: float) -> None:
        """Hand the job out again after `wait` seconds."""
        ...

    async def extend(self) -> None:
        """Renew the lock."""
        ...


class WorkQueue(Protocol):
    """All queues of one cluster. Methods raise Unavailable when it cannot be reached."""

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        """Add jobs and return those that were acknowledged; a job already there is acknowledged, not doubled."""
        ...

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[Delivery]:
        """Return 1 to `limit` jobs, or none after `wait` seconds."""
        ...

    async def created(self) -> str | None:
        """Return when the stream behind the queues was created, or None if it is gone."""
        ...

    async def ages(self) -> dict[Lane, float]:
        """Return how many seconds ago the oldest job of each lane was added that is not done, 0.0 for an empty lane.

        Jobs in hand and those that wait for a retry count. Lanes of which it is not known are left out.
        """
        ...

    async def ensure(self) -> str:
        """Create what is missing and return when the stream was created. Harmless to repeat."""
        ...
