"""Gateways of one fleet whose clients are moved, in virtual time."""

import asyncio
import random
from collections.abc import Callable, Sequence

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus, MemorySubscription
from notifications.app.drain import Drain, Passage
from notifications.app.fleet import Fleet
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain.notification import UserKey
from notifications.domain.pace import Pace
from notifications.ports.bus import Beacon
from tests.unit.workloads.app.world import MemorySocket, Reports, principal, start_fleet, store_with

_SECOND = 1 - 1e-6  # sums of floats come short of it


class Client(MemorySocket):
    """Its session ends when it is closed, and it remembers when that was."""

    hub: Hub
    closed_at: float | None = None

    def close(self) -> None:
        """Leave at once."""
        super().close()
        self.closed_at = asyncio.get_running_loop().time()
        for session in self.hub.sessions():
            if session.socket is self:
                self.hub.leave(session)

    @property
    def retry_after(self) -> float:
        """What it was told last."""
        name, body, _ = self.sent[-1]
        assert name == "server:moving"
        after: float = body["retryAfter"]
        return after


class Leaver:
    """A gateway with clients, and the fleet as it sees it through a bus of its own or the others'."""

    fleet: Fleet
    beating: asyncio.Future[None]

    def __init__(self, name: str, bus: MemoryFleetBus, pace: Pace, passages: Sequence[Passage] = ()) -> None:
        self.name = name
        self.clients: list[Client] = []
        self.stopped_at: float | None = None
        self.fleet, self.beating = start_fleet(name, bus)
        self._pace = pace
        self._passages = passages

    async def fill(self, count: int) -> "Leaver":
        """Let so many clients in."""
        self.hub = Hub(self.name, await store_with(0), MemoryInboxBus(), Reports(), Tasks())
        self.drain = Drain(self.hub, self.fleet, self._pace, random.Random(0), lambda: self._passages)
        for number in range(count):
            await self.let_in(f"{self.name}-{number}")
        return self

    async def let_in(self, user: str) -> None:
        """Let one client in."""
        client = Client(user)
        client.hub = self.hub
        self.clients.append(client)
        await self.hub.join(Arrival(client, principal(UserKey("demo", user))))

    async def leave(self) -> None:
        """Move all clients away, and end."""
        await self.drain.run(self._stop_listening)
        self.beating.cancel()

    async def _stop_listening(self) -> None:
        self.stopped_at = asyncio.get_running_loop().time()

    @property
    def moves(self) -> list[float]:
        """When each client was moved."""
        return sorted(client.closed_at for client in self.clients if client.closed_at is not None)


def busiest_second(moves: Sequence[float]) -> int:
    """How many were moved in the busiest second, wherever it begins."""
    return max(sum(begin <= each < begin + _SECOND for each in moves) for begin in moves)


class CutOff(MemoryFleetBus):
    """The way of one gateway to the bus of all. While it is cut nothing is said and nothing heard."""

    def __init__(self, bus: MemoryFleetBus) -> None:
        super().__init__()
        self._bus = bus
        self._is_cut = False

    def cut(self, *, noticed: bool = True) -> None:
        """Cut it, whether the gateway can tell by its connection or not."""
        self._is_cut, self.connected = True, not noticed

    def mend(self) -> None:
        """Join it again."""
        self._is_cut, self.connected = False, True

    async def listen(self, on_beacon: Callable[[Beacon], None]) -> MemorySubscription[Beacon]:
        """Hear what the others say, unless cut off."""
        return await self._bus.listen(lambda beacon: None if self._is_cut else on_beacon(beacon))

    async def announce(self, beacon: Beacon) -> None:
        """Say it to all, unless cut off."""
        if not self._is_cut:
            await self._bus.announce(beacon)
