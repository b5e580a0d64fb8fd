"""The ports of the bus in memory: listeners are called at once, in the order in which they came."""

import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey
from notifications.ports.bus import Beacon

log: Final = logging.getLogger(__name__)

Event = TypeVar("Event")


@dataclass(slots=True)
class _Listeners(Generic[Event]):
    """Who listens, by number."""

    _callbacks: dict[int, Callable[[Event], None]] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def add(self, callback: Callable[[Event], None]) -> "MemorySubscription[Event]":
        number = next(self._numbers)
        self._callbacks[number] = callback
        return MemorySubscription(self, number)

    def remove(self, number: int) -> None:
        self._callbacks.pop(number, None)

    def call(self, event: Event) -> bool:
        callbacks = list(self._callbacks.values())
        for callback in callbacks:
            try:
                callback(event)
            except Exception:
                # Who sends does not suffer from who listens, as between processes
                log.exception("a listener failed")
        return bool(callbacks)


@dataclass(frozen=True, slots=True)
class MemorySubscription(Generic[Event]):
    """An interest that can be given up, any number of times."""

    _listeners: _Listeners[Event]
    _number: int

    async def close(self) -> None:
        """End it."""
        self._listeners.remove(self._number)


class MemoryInboxBus:
    """Carries inbox events between those who share this object."""

    def __init__(self) -> None:
        self._owners: dict[UserKey, _Listeners[InboxEvent]] = {}

    async def subscribe(self, owner: UserKey, on_event: Callable[[InboxEvent], None]) -> MemorySubscription[InboxEvent]:
        """Call `on_event` for what is offered from now on."""
        return self._owners.setdefault(owner, _Listeners()).add(on_event)

    async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
        """Return whether anybody listens."""
        return owner in self._owners and self._owners[owner].call(event)

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        """Return for each event whether anybody listens."""
        return [await self.offer(owner, event) for owner, event in offers]

    async def tell(self, owner: UserKey, event: InboxEvent) -> None:
        """Offer an event without asking who took it."""
        await self.offer(owner, event)


class MemoryFleetBus:
    """Carries beacons between those who share this object."""

    connected = True

    def __init__(self) -> None:
        self._listeners: _Listeners[Beacon] = _Listeners()

    async def listen(self, on_beacon: Callable[[Beacon], None]) -> MemorySubscription[Beacon]:
        """Call `on_beacon` for every beacon."""
        return self._listeners.add(on_beacon)

    async def announce(self, beacon: Beacon) -> None:
        """Send a beacon to all listeners."""
        self._listeners.call(beacon)


class MemoryRevocationBus:
    """Carries signals between those who share this object."""

    def __init__(self) -> None:
        self._listeners: _Listeners[None] = _Listeners()

    async def listen(self, on_change: Callable[[], None]) -> MemorySubscription[None]:
        """Call `on_change` for each signal."""
        return self._listeners.add(lambda _: on_change())

    async def announce(self) -> None:
        """Signal a change to all listeners."""
        self._listeners.call(None)
