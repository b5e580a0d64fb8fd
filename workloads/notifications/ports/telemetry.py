"""What the application reports about itself. The names behind it are in the metrics adapter and in the journal."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from notifications.domain.inbox import Change
from notifications.domain.jobs import Job, Outcome
from notifications.domain.submission import Placed


class Telemetry(Protocol):
    """Counters and durations; calls are cheap and never fail. Durations are in seconds."""

    def created(self, tenant: str, type: str, placed: Sequence[Placed]) -> None:
        """Take note of notifications that were committed."""
        ...

    def enqueued(self, jobs: Sequence[Job]) -> None:
        """Take note of jobs that a work queue has taken."""
        ...

    def delivered(self, channel: str, id: UUID, latency: float | None) -> None:
        """Take note of a notification handed to a client or provider, and how long ago it was accepted if it counts."""
        ...

    def settled(self, outcome: Outcome, seconds: float) -> None:
        """Take note of what became of a job that was so long in hand; it is committed."""
        ...

    def read(self, change: Change) -> None:
        """Take note of a change of read state."""
        ...

    def repaired(self, count: int) -> None:
        """Count events that reached a socket by reading the inbox because a wake-up was missing."""
        ...

    def swept(self, count: int) -> None:
        """Count jobs that the sweep published because the fast path had not."""
        ...

    def received(self, event: str) -> None:
        """Count a known event of a client."""
        ...

    def sent(self, event: str, size: int) -> None:
        """Count an event of so many bytes queued for a socket."""
        ...

    def broadcast(self, seconds: float) -> None:
        """Take note that an event was written to all sockets here that it was meant for, which took so long."""
        ...

    def opened(self) -> None:
        """Count a connection that was accepted."""
        ...

    def closed(self, seconds: float, *, stale: bool) -> None:
        """Count the end of a connection that lasted so long; `stale` if it ended because its client kept silent."""
        ...
