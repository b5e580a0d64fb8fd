"""The buses as a process sees them through the network: NATS's faults over the exact buses in memory.

Owners are told apart by the subjects of the domain alone, and events travel packed, as they do on NATS.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.domain import inbox, subjects
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.limits import OFFER_TIMEOUT
from notifications.domain.notification import UserKey
from notifications.ports.bus import Beacon, Subscription
from tests.simulation.weather import Fault
from tests.simulation.wire import Call, Server, Wire

INTEREST_KNOWN_WITHIN = 0.8


@dataclass(slots=True)
class Echo:
    """Counts, for all processes, who was asked to take an event, and who answered."""

    asked: int = 0
    answered: int = 0


class RemoteInboxBus:
    """InboxBus over a wire."""

    def __init__(self, wire: Wire, nats: Server, bus: MemoryInboxBus, echo: Echo) -> None:
        self._wire = wire
        self._nats = nats
        self._bus = bus
        self._echo = echo

    async def subscribe(self, owner: UserKey, on_event: Callable[[InboxEvent], None]) -> "Interest":
        line = _Line(self._wire, on_event, self._echo)

        async def register() -> None:
            line.subscription = await self._bus.subscribe(_address(owner), line.carry)

        self._wire.at_death(line.cut)
        try:
            await self._wire.call(Call(self._nats, "subscribe"), register)
        except Unavailable:
            line.cut()
            raise
        return Interest(self._wire, self._nats, line)

    async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
        return await self._wire.call(Call(self._nats, "offer"), lambda: self._request(owner, event))

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        return await self._wire.call(Call(self._nats, "offer"), lambda: self._request_each(offers))

    async def tell(self, owner: UserKey, event: InboxEvent) -> None:
        try:
            await self._wire.call(Call(self._nats, "tell"), lambda: self._bus.tell(_address(owner), event))
        except Unavailable:
            return

    async def _request_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        requests = (self._request(owner, event) for owner, event in offers)
        answers = await asyncio.gather(*requests, return_exceptions=True)
        return [answer if isinstance(answer, bool) else None for answer in answers]

    async def _request(self, owner: UserKey, event: InboxEvent) -> bool:
        asked, answered = self._echo.asked, self._echo.answered
        await self._bus.offer(_address(owner), event)
        if self._echo.asked == asked:
            return False
        if self._echo.answered == answered:
            await asyncio.sleep(OFFER_TIMEOUT)
            raise Unavailable("whoever was asked did not answer in time")
        return True


class Interest:
    """A subscription of a process."""

    def __init__(self, wire: Wire, nats: Server, line: "_Line") -> None:
        self._wire = wire
        self._nats = nats
        self._line = line

    async def close(self) -> None:
        async def cut() -> None:
            self._line.cut()

        try:
            await self._wire.call(Call(self._nats, "unsubscribe"), cut)
        except Unavailable:
            self._line.cut()


class _Line:
    """Brings events from the server to the process that subscribed: late, twice or not at all."""

    def __init__(self, wire: Wire, on_event: Callable[[InboxEvent], None], echo: Echo) -> None:
        self.subscription: Subscription | None = None
        self._wire = wire
        self._on_event = on_event
        self._echo = echo
        self._context = copy_context()
        self._known_at = 0.0
        if wire.strikes(Fault.LATE_INTEREST, "interest"):
            self._known_at = wire.loop.time() + wire.weather.random.uniform(0.0, INTEREST_KNOWN_WITHIN)

    def carry(self, event: InboxEvent) -> None:
        if self._wire.loop.time() < self._known_at:
            return
        self._echo.asked += 1
        if self._wire.strikes(Fault.LOST_EVENT, "event"):
            return
        self._echo.answered += self._wire.process.frozen is None
        self._bring(event)
        if self._wire.strikes(Fault.DOUBLED_EVENT, "event"):
            self._bring(event)

    def cut(self) -> None:
        if self.subscription is not None:
            self._wire.loop.create_task(self.subscription.close(), context=Context())

    def _bring(self, event: InboxEvent) -> None:
        delay = self._wire.weather.random.uniform(0.0005, 0.004)
        if self._wire.strikes(Fault.DELAYED_EVENT, "event"):
            delay = self._wire.weather.random.uniform(0.1, 3.0)
        self._wire.loop.call_later(delay, self._on_event, inbox.unpack(inbox.pack(event)), context=self._context)


class RemoteFleetBus:
    """FleetBus over a wire."""

    def __init__(self, wire: Wire, nats: Server, bus: MemoryFleetBus) -> None:
        self._wire = wire
        self._nats = nats
        self._bus = bus

    @property
    def connected(self) -> bool:
        return not self._nats.away

    async def listen(self, on_beacon: Callable[[Beacon], None]) -> Subscription:
        context = copy_context()

        def carry(beacon: Beacon) -> None:
            self._wire.loop.call_soon(on_beacon, beacon, context=context)

        subscription = await self._wire.call(Call(self._nats, "listen"), lambda: self._bus.listen(carry))
        self._wire.at_death(lambda: self._wire.loop.create_task(subscription.close()))
        return subscription

    async def announce(self, beacon: Beacon) -> None:
        try:
            await self._wire.call(Call(self._nats, "announce"), lambda: self._bus.announce(beacon))
        except Unavailable:
            return


def _address(owner: UserKey) -> UserKey:
    return UserKey("", subjects.inbox(owner))
