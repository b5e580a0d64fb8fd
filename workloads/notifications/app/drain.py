"""Leaving without losing anyone: unready, let endpoints settle, tell clients to move, close, flush."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from typing import Protocol

from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.domain.limits import BEAT, DRAIN_LAG, MOVED_AFTER, MOVED_WITHIN, SETTLE_BEFORE_DRAIN
from notifications.domain.pace import Pace


class Passage(Protocol):
    """A connection whose session is at another gateway."""

    def close(self) -> None:
        """End it; harmless when it has ended."""
        ...


Passages = Callable[[], Collection[Passage]]


class Drain:
    """Moves every client of a gateway away, in step with the other gateways that do so.

    One after the other, as fast as this gateway's share of the pace allows; all at once when no other gateway could
    take them.
    """

    def __init__(self, hub: Hub, fleet: Fleet, pace: Pace, chance: random.Random, passages: Passages = tuple) -> None:
        self._hub = hub
        self._fleet = fleet
        self._pace = pace
        self._chance = chance
        self._passages = passages
        self.rate = 0.0
        """How many clients are moved a second, now; 0 before and after."""

    @property
    def remaining(self) -> int:
        """How many clients are still to be moved; 0 unless this gateway leaves."""
        return self._count() if self._fleet.leaving else 0

    async def run(self, stop_listening: Callable[[], Awaitable[None]]) -> None:
        """Leave the fleet, take clients until the others are known, then move those who are here."""
        await self._fleet.leave()
        await self._settle()
        await stop_listening()
        clients, began = self._count(), _now()
        due = began
        for moved, let_go in enumerate(self._clients(), start=1):
            if not self._fleet.others_accept():
                let_go(self._chance.uniform(MOVED_AFTER, MOVED_WITHIN))
                continue
            let_go(MOVED_AFTER)
            self.rate = self._pace.share(self._fleet.count_movers(), clients)
            due = min(max(due + 1 / self.rate, _now() - DRAIN_LAG), began + self._pace.latest(moved, clients))
            await asyncio.sleep(max(0.0, due - _now()))
        self.rate = 0.0

    async def _settle(self) -> None:
        """Wait until load balancers know that this gateway leaves; nobody to move to makes waiting pointless."""
        deadline = _now() + SETTLE_BEFORE_DRAIN
        while self._fleet.others_accept() and _now() < deadline:  # noqa: ASYNC110 - leases run out silently
            await asyncio.sleep(BEAT / 4)

    def _clients(self) -> Iterator[Callable[[float], None]]:
        """Yield what lets go of each client, those as well who are greeted meanwhile."""
        moved: set[Session] = set()
        while fresh := [session for session in self._hub.sessions() if session not in moved]:
            moved.update(fresh)
            yield from (partial(_move, session) for session in fresh if not session.ended)
        yield from (partial(_close, passage) for passage in self._passages())

    def _count(self) -> int:
        return len(self._hub) + len(self._passages())


def _move(session: Session, retry_after: float) -> None:
    if session.topics is not None:
        session.tell_topics()  # at the end of this turn it would be too late, and what was just sent would come again
    session.socket.send("server:moving", json.dumps({"retryAfter": round(retry_after, 1)}))
    session.socket.close()


def _close(passage: Passage, _: float) -> None:
    """Nothing can be said into a passage: its bytes are another gateway's."""
    passage.close()


def _now() -> float:
    return asyncio.get_running_loop().time()
