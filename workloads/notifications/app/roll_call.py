"""Keeps users at their number of connections, over all gateways."""

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from notifications.app.hub import Arrival, Hub
from notifications.app.session import Session
from notifications.app.upkeep import dismiss
from notifications.domain.errors import ConnectionLimit, Unavailable
from notifications.domain.limits import ROLL_AFTER, ROLL_KEPT, ROLL_SETTLED
from notifications.domain.notification import UserKey
from notifications.domain.roll import Held, Roll, find_surplus
from notifications.ports.clock import Clock
from notifications.ports.roll import RollBus

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many connections a user may have, and what orders them."""

    connections: int
    clock: Clock
    monotonic: Callable[[], float]


@dataclass(slots=True)
class _Call:
    """What other gateways said to one call."""

    begun: float
    held: set[Held] = field(default_factory=set)


class RollCall:
    """Lets sockets in and out of a hub, and ends the oldest of those who have too many.

    What is held here is counted at once. ROLL_AFTER later a gateway asks the others, who answer so that all hear it:
    each knows the whole then, and decides for its own. Not at once, for NATS does not say when an interest is known
    everywhere. While the bus is away every gateway counts alone, and asks when it is back.
    """

    def __init__(self, gateway: str, hub: Hub, bus: RollBus, allowance: Allowance) -> None:
        self._gateway = gateway
        self._hub = hub
        self._bus = bus
        self._allowance = allowance
        self._calls: dict[str, _Call] = {}
        self._to_ask: dict[UserKey, None] = {}
        self._elsewhere: dict[UserKey, set[str]] = {}
        bus.listen(self._hear)

    async def join(self, arrival: Arrival) -> Session:
        """Greet a socket, which is counted from then on. Raises Unavailable."""
        session = await self._hub.join(arrival)
        session.connected_at = int(self._allowance.clock().timestamp() * 1000)
        owner = session.principal.owner
        self._end_surplus(owner, ())
        self._to_ask[owner] = None
        return session

    def leave(self, session: Session) -> None:
        """Forget a session; harmless to repeat."""
        self._hub.leave(session)
        if not self._hub.holds(owner := session.principal.owner):
            self._elsewhere.pop(owner, None)

    def elsewhere(self, owner: UserKey) -> Collection[str] | None:
        """Return the other gateways that have held a user since this one does; None while that is not known yet."""
        if self.settles_in(owner):
            return None
        return self._elsewhere.get(owner, ())

    def settles_in(self, owner: UserKey) -> float:
        """Return in how many seconds it is known which other gateways have held a user, 0 if it is."""
        settled = int((self._allowance.clock().timestamp() - ROLL_SETTLED) * 1000)
        since = min((held.connected_at for held in self._held(owner)), default=math.inf)
        return min(since - settled + 1, ROLL_SETTLED * 1000) / 1000 if since > settled else 0.0

    async def run(self) -> None:
        """Ask for those who have come, until cancelled."""
        while True:
            owners, self._to_ask = self._to_ask, {}
            await asyncio.sleep(ROLL_AFTER)
            for number, owner in enumerate(owners, 1):
                self._ask(owner)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _ask(self, owner: UserKey) -> None:
        if not (held := self._held(owner)):
            return
        try:
            self._bus.tell(owner, Roll(max(held).sid, self._gateway, tuple(held), asks=True))
        except Unavailable:
            self._to_ask[owner] = None

    def _hear(self, owner: UserKey, roll: Roll) -> None:
        if roll.gateway == self._gateway or not self._hub.holds(owner):
            return
        if roll.held:
            self._elsewhere.setdefault(owner, set()).add(roll.gateway)
        call = self._find(roll.call)
        call.held.update(roll.held)
        self._end_surplus(owner, call.held)
        if roll.asks and (held := self._held(owner)):
            try:
                self._bus.tell(owner, Roll(roll.call, self._gateway, tuple(held), asks=False))
            except Unavailable:
                _log.debug("a roll call was not answered", extra={"user": owner.user})

    def _find(self, name: str) -> _Call:
        """Return a call, after those that are over were forgotten."""
        now = self._allowance.monotonic()
        while self._calls and now - self._calls[oldest := next(iter(self._calls))].begun > ROLL_KEPT:
            del self._calls[oldest]
        return self._calls.setdefault(name, _Call(now))

    def _held(self, owner: UserKey) -> dict[Held, Session]:
        return {
            Held(session.connected_at, session.socket.id): session
            for session in self._hub.of(owner)
            if session.connected_at is not None
        }

    def _end_surplus(self, owner: UserKey, elsewhere: Iterable[Held]) -> None:
        held, limit = self._held(owner), self._allowance.connections
        for surplus in find_surplus({*held, *elsewhere}, limit) & held.keys():
            _log.info("connection limit", extra={"event": "connection_limit", "user": owner.user})
            dismiss(held[surplus], ConnectionLimit(limit))
            self._hub.leave(held[surplus])
