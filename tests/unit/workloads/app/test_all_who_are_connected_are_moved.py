"""A gateway that leaves moves its clients, those who lead to another gateway at the same pace as its own."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.app.drain import drain
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain.limits import DRAIN_DEADLINE, DRAIN_PACE, SETTLE_BEFORE_DRAIN
from tests.unit.workloads.app.world import MemorySocket, Reports, in_virtual_time, principal, start_fleet, store_with


class Passage:
    """Remembers when it was closed."""

    def __init__(self) -> None:
        self.closed_at = -1.0

    def close(self) -> None:
        self.closed_at = asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Drained:
    """What became of a gateway with one socket. `times`: when that and each passage was let go."""

    waited: float
    times: list[float]
    told: list[str]
    closed: bool


def drain_one(others: int, passages: Sequence[Passage] = ()) -> Drained:
    """Drain it beside so many others. `times` begin with the socket, which is let go first."""

    async def work() -> Drained:
        loop, bus = asyncio.get_running_loop(), MemoryFleetBus()
        fleet, running = start_fleet("a", bus)
        peers = [start_fleet(f"peer-{number}", bus)[1] for number in range(others)]
        hub = Hub("a", await store_with(0), MemoryInboxBus(), Reports(), Tasks())
        socket = MemorySocket()
        await hub.join(Arrival(socket, principal()))
        stopped: list[float] = []

        async def stop_listening() -> None:
            stopped.append(loop.time())

        began = loop.time()
        await drain(hub, fleet, stop_listening, random.Random(0), lambda: passages)
        for task in (running, *peers):
            task.cancel()
        times = [*stopped, *(passage.closed_at for passage in passages)]
        return Drained(stopped[0] - began, times, socket.names()[-1:], socket.closed)

    return in_virtual_time(work)


def times_of(passages: Sequence[Passage], others: int) -> list[float]:
    """Return when each client was let go, the one whose session is here first."""
    drained = drain_one(others, passages)
    assert drained.closed
    return drained.times


def test_a_gateway_waits_for_endpoints_to_settle_then_moves_its_clients() -> None:
    drained = drain_one(others=1)
    assert SETTLE_BEFORE_DRAIN <= drained.waited < SETTLE_BEFORE_DRAIN + 1
    assert drained.told == ["server:moving"]
    assert drained.closed


def test_the_last_gateway_does_not_wait_for_others_that_are_not_there() -> None:
    drained = drain_one(others=0)
    assert drained.waited < 0.1
    assert drained.told == ["server:moving"]
    assert drained.closed


def test_those_who_lead_to_another_gateway_go_one_by_one() -> None:
    times = times_of([Passage() for _ in range(100)], others=1)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses == pytest.approx([1 / DRAIN_PACE] * 100)


def test_many_of_them_are_gone_by_the_deadline() -> None:
    times = times_of([Passage() for _ in range(int(2 * DRAIN_PACE * DRAIN_DEADLINE))], others=1)
    assert times[-1] - times[0] == pytest.approx(DRAIN_DEADLINE, rel=0.01)


def test_they_go_at_once_when_nobody_could_take_them() -> None:
    times = times_of([Passage() for _ in range(100)], others=0)
    assert times[-1] - times[0] < 0.1
    assert min(times) >= 0
