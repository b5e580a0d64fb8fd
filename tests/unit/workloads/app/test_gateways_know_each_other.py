"""Leases: who is alive, where, and whether it takes clients."""

import asyncio

from notifications.adapters.memory.bus import MemoryFleetBus
from notifications.domain.limits import BEAT, LEASE, MISSED_FOR
from notifications.ports.bus import Beacon
from tests.unit.workloads.app.world import in_virtual_time, start_fleet


def test_a_newcomer_and_the_others_know_each_other_at_once() -> None:
    async def work() -> list[str | None]:
        bus = MemoryFleetBus()
        a, running_a = start_fleet("a", bus)
        await asyncio.sleep(1)
        b, running_b = start_fleet("b", bus)
        await asyncio.sleep(0.1)
        known = [a.address_of("b"), b.address_of("a"), a.address_of("a"), a.address_of("c")]
        running_a.cancel()
        running_b.cancel()
        return known

    assert in_virtual_time(work) == ["b:80", "a:80", None, None]


def test_those_that_take_clients_are_counted() -> None:
    async def work() -> list[int]:
        bus = MemoryFleetBus()
        a, running_a = start_fleet("a", bus)
        counts = [len(a)]
        b, running_b = start_fleet("b", bus)
        _, running_c = start_fleet("c", bus)
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
        a, running_a = start_fleet("a", bus)
        _, running_b = start_fleet("b", bus)
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
        a, running_a = start_fleet("a", bus)
        _, running_b = start_fleet("b", bus)
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


def test_a_gateway_is_alone_when_nobody_was_heard_for_a_lease() -> None:
    async def work() -> list[bool]:
        bus = MemoryFleetBus()
        a, running = start_fleet("a", bus)
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
        a, running_a = start_fleet("a", bus)
        await asyncio.sleep(2 * LEASE)
        b, running_b = start_fleet("b", bus)
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
        a, running_a = start_fleet("a", bus)
        _, running_b = start_fleet("b", bus)
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
        a, running = start_fleet("a", bus)
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
        a, running = start_fleet("a", bus)
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
