"""Wake-ups between processes: at most once, unordered across senders. Nothing depends on their arrival but speed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey


class Subscription(Protocol):
    """Interest that can be given up."""

    async def close(self) -> None:
        """End it; events on their way may still arrive."""
        ...


class InboxBus(Protocol):
    """Carries inbox events to whichever gateways hold the owner."""

    async def subscribe(self, owner: UserKey, on_event: Callable[[InboxEvent], None]) -> Subscription:
        """Call `on_event` for what is offered from now on; returns when the server knows of the interest.

        Raises Unavailable, and leaves no interest behind, while the bus is away.
        """
        ...

    async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
        """Offer an event to all gateways that hold the owner; False if there is none.

        Raises Unavailable when that could not be learnt.
        """
        ...

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        """Offer events at once, in their order, and return for each what `offer` does, None where it would raise.

        Raises Unavailable when nothing could be learnt of any.
        """
        ...

    async def tell(self, owner: UserKey, event: InboxEvent) -> None:
        """Offer an event without asking who took it; loses it silently when the bus is away."""
        ...


@dataclass(frozen=True, slots=True)
class Beacon:
    """A gateway's sign of life: where its peers reach it, and whether it is leaving."""

    gateway: str
    address: str
    draining: bool


class FleetBus(Protocol):
    """Carries beacons between gateways."""

    async def listen(self, on_beacon: Callable[[Beacon], None]) -> Subscription:
        """Call `on_beacon` for every beacon of any gateway, the own ones included; from its return on if it is away."""
        ...

    async def announce(self, beacon: Beacon) -> None:
        """Send a beacon; lost silently when the bus is away."""
        ...

    @property
    def connected(self) -> bool:
        """Whether beacons can be heard: silence means death only while it is true."""
        ...
