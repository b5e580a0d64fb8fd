"""What the application reports about itself. The names behind it are in the metrics adapter."""

from typing import Protocol


class Telemetry(Protocol):
    """Counters and durations; calls are cheap and never fail."""

    def created(self, type: str, count: int) -> None:
        """Count notifications that were committed."""
        ...

    def delivered(self, channel: str, count: int, latency: float | None) -> None:
        """Count notifications handed to a client or provider, and the seconds since it was accepted if they count."""
        ...

    def failed(self, reason: str) -> None:
        """Count a notification or job that was not delivered."""
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

    def sent(self, event: str) -> None:
        """Count an event queued for a socket."""
        ...

    def opened(self) -> None:
        """Count a connection that was accepted."""
        ...
