"""Who leads to another gateway leaves a gateway that ends at the same pace as those whose session is here."""

import asyncio
import itertools
import random

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.app.drain import drain
from notifications.app.fleet import Fleet
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain.limits import DRAIN_DEADLINE, DRAIN_PACE
from notifications.ports.bus import Beacon
from tests.unit.workloads.app.world import MemorySocket, Reports, in_virtual_time, principal, store_with


class Passage:
    """Remembers when it was closed."""

    def __init__(self) -> None:
        self.closed_at = -1.0

    def close(self) -> None:
        self.closed_at = asyncio.get_running_loop().time()


def start(name: str, bus: MemoryFleetBus) -> tuple[Fleet, asyncio.Future[None]]:
    fleet = Fleet(Beacon(name, f"{name}:80", draining=False), bus, asyncio.get_running_loop().time, Tasks())
    return fleet, asyncio.ensure_future(fleet.run())


def drained(passages: list[Passage], others: int) -> list[float]:
    """Return when each client was let go, the one whose session is here first."""

    async def work() -> list[float]:
        loop, bus = asyncio.get_running_loop(), MemoryFleetBus()
        fleet, running = start("a", bus)
        peers = [start(f"peer-{number}", bus)[1] for number in range(others)]
        hub = Hub("a", await store_with(0), MemoryInboxBus(), Reports(), Tasks())
        socket = MemorySocket()
        await hub.join(Arrival(socket, principal()))
        stopped: list[float] = []

        async def stop_listening() -> None:
            stopped.append(loop.time())

        await drain(hub, fleet, stop_listening, random.Random(0), lambda: passages)
        for task in (running, *peers):
            task.cancel()
        assert socket.closed
        return stopped + [passage.closed_at for passage in passages]

    return in_virtual_time(work)


def test_those_who_lead_to_another_gateway_go_one_by_one() -> None:
    times = drained([Passage() for _ in range(100)], others=1)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses == pytest.approx([1 / DRAIN_PACE] * 100)


def test_many_of_them_are_gone_by_the_deadline() -> None:
    times = drained([Passage() for _ in range(int(2 * DRAIN_PACE * DRAIN_DEADLINE))], others=1)
    assert times[-1] - times[0] == pytest.approx(DRAIN_DEADLINE, rel=0.01)


def test_they_go_at_once_when_nobody_could_take_them() -> None:
    times = drained([Passage() for _ in range(100)], others=0)
    assert times[-1] - times[0] < 0.1
    assert min(times) >= 0
