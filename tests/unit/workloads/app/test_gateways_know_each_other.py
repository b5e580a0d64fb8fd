"""Leases: who is alive, where, and whether it takes clients."""

import asyncio
import random

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.app.drain import drain
from notifications.app.fleet import Fleet
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain.limits import BEAT, LEASE, MISSED_FOR, SETTLE_BEFORE_DRAIN
from notifications.ports.bus import Beacon
from tests.unit.workloads.app.world import MemorySocket, Reports, in_virtual_time, principal, store_with


def start(name: str, bus: MemoryFleetBus) -> tuple[Fleet, asyncio.Future[None]]:
    fleet = Fleet(Beacon(name, f"{name}:80", draining=False), bus, asyncio.get_running_loop().time, Tasks())
    return fleet, asyncio.ensure_future(fleet.run())


def test_a_newcomer_and_the_others_know_each_other_at_once() -> None:
    async def work() -> list[str | None]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        await asyncio.sleep(1)
        b, running_b = start("b", bus)
        await asyncio.sleep(0.1)
        known = [a.address_of("b"), b.address_of("a"), a.address_of("a"), a.address_of("c")]
        running_a.cancel()
        running_b.cancel()
        return known

    assert in_virtual_time(work) == ["b:80", "a:80", None, None]


def test_those_that_take_clients_are_counted() -> None:
    async def work() -> list[int]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        counts = [len(a)]
        b, running_b = start("b", bus)
        _, running_c = start("c", bus)
        await asyncio.sleep(1)
        counts.append(len(a))
        await b.leave()
        counts.append(len(a))
        await a.leave()
        counts.append(len(a))
        for running in (running_a, running_b, running_c):
            running.cancel()
        return counts

    assert in_virtual_time(work) == [1, 3, 2, 2]


def test_silence_for_a_lease_is_death() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        _, running_b = start("b", bus)
        await asyncio.sleep(1)
        running_b.cancel()
        lives = [a.others_accept()]
        await asyncio.sleep(LEASE + 2)
        lives.append(a.others_accept())
        bus.connected = False
        lives.append(a.others_accept())
        running_a.cancel()
        return lives

    assert in_virtual_time(work) == [True, False, False], "an outage of the bus revives nobody"


def test_while_the_bus_is_away_nobody_dies_and_then_everybody_has_time_to_be_heard() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        _, running_b = start("b", bus)
        await asyncio.sleep(1)
        running_b.cancel()
        bus.connected = False
        await asyncio.sleep(10 * LEASE)
        lives = [a.others_accept()]
        bus.connected = True
        await asyncio.sleep(LEASE / 2)
        lives.append(a.others_accept())
        await asyncio.sleep(LEASE)
        lives.append(a.others_accept())
        running_a.cancel()
        return lives

    assert in_virtual_time(work) == [True, True, False]


def drained(others: int) -> tuple[float, list[str], bool]:
    async def work() -> tuple[float, list[str], bool]:
        loop, bus = asyncio.get_running_loop(), MemoryFleetBus()
        fleet, running = start("a", bus)
        peers = [start(f"peer-{number}", bus)[1] for number in range(others)]
        hub = Hub("a", await store_with(0), MemoryInboxBus(), Reports(), Tasks())
        socket = MemorySocket()
        await hub.join(Arrival(socket, principal()))
        stopped: list[float] = []

        async def stop_listening() -> None:
            stopped.append(loop.time())

        began = loop.time()
        await drain(hub, fleet, stop_listening, random.Random(0))
        for task in (running, *peers):
            task.cancel()
        return stopped[0] - began, socket.names()[-1:], socket.closed

    return in_virtual_time(work)


def test_a_gateway_waits_for_endpoints_to_settle_then_moves_its_clients() -> None:
    waited, told, closed = drained(others=1)
    assert SETTLE_BEFORE_DRAIN <= waited < SETTLE_BEFORE_DRAIN + 1
    assert told == ["server:moving"]
    assert closed


def test_the_last_gateway_does_not_wait_for_others_that_are_not_there() -> None:
    waited, told, closed = drained(others=0)
    assert waited < 0.1
    assert told == ["server:moving"]
    assert closed


def test_a_gateway_is_alone_when_nobody_was_heard_for_a_lease() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running = start("a", bus)
        alone = [a.is_alone]
        await asyncio.sleep(LEASE - 0.1)
        alone.append(a.is_alone)
        await asyncio.sleep(0.2)
        alone.append(a.is_alone)
        running.cancel()
        return alone

    assert in_virtual_time(work) == [False, False, True]


def test_a_gateway_is_not_alone_with_one_that_drains_nor_for_a_lease_after_it() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        await asyncio.sleep(2 * LEASE)
        b, running_b = start("b", bus)
        await asyncio.sleep(0.1)
        alone = [a.is_alone]
        await b.leave()
        await asyncio.sleep(LEASE)
        alone.append(a.is_alone)
        running_b.cancel()
        await asyncio.sleep(LEASE - BEAT)
        alone.append(a.is_alone)
        await asyncio.sleep(2 * BEAT)
        alone.append(a.is_alone)
        running_a.cancel()
        return alone

    assert in_virtual_time(work) == [False, False, False, True]


def test_who_falls_silent_without_a_farewell_may_still_be_there() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running_a = start("a", bus)
        _, running_b = start("b", bus)
        await asyncio.sleep(1)
        running_b.cancel()
        await asyncio.sleep(LEASE + 2 * BEAT)
        alone = [len(a) == 1, a.is_alone]
        await asyncio.sleep(MISSED_FOR - 4 * BEAT)
        alone.append(a.is_alone)
        await asyncio.sleep(4 * BEAT)
        alone.append(a.is_alone)
        running_a.cancel()
        return alone

    assert in_virtual_time(work) == [True, False, False, True]


class Deaf(MemoryFleetBus):
    """A bus that seems to be there, and carries nothing while `is_cut`."""

    is_cut = False

    async def announce(self, beacon: Beacon) -> None:
        if not self.is_cut:
            await super().announce(beacon)


def test_who_does_not_hear_itself_does_not_know_whether_it_is_alone() -> None:
    async def work() -> list[bool]:
        bus = Deaf()
        a, running = start("a", bus)
        await asyncio.sleep(2 * LEASE)
        alone = [a.is_alone]
        bus.is_cut = True
        await asyncio.sleep(2 * BEAT)
        alone.append(a.is_alone)
        bus.is_cut = False
        await asyncio.sleep(BEAT)
        alone.append(a.is_alone)
        running.cancel()
        return alone

    assert in_virtual_time(work) == [True, False, True]


def test_without_a_bus_and_for_a_lease_after_it_nobody_is_alone() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running = start("a", bus)
        await asyncio.sleep(2 * LEASE)
        bus.connected = False
        alone = [a.is_alone]
        await asyncio.sleep(LEASE)
        bus.connected = True
        alone.append(a.is_alone)
        await asyncio.sleep(LEASE - 0.1)
        alone.append(a.is_alone)
        await asyncio.sleep(3)
        alone.append(a.is_alone)
        running.cancel()
        return alone

    assert in_virtual_time(work) == [False, False, False, True]
