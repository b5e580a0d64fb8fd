"""However many gateways leave, and whether they hear each other or not, those that stay are spared."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus
from notifications.domain.limits import BEAT, LEASE, SETTLE_BEFORE_DRAIN
from notifications.domain.pace import Pace
from tests.unit.workloads.app.moving import CutOff, Leaver, busiest_second
from tests.unit.workloads.app.world import in_virtual_time, start_fleet

BUDGET = 24  # which two, three and four can share without a remainder
PACE = Pace(per_second=BUDGET, connections=240, seconds=40)
"""Four gateways may leave together; one that hears nobody moves six clients a second."""
ALONE = 6


class House:
    """Gateways that leave, with their ways to each other, beside one that stays."""

    def __init__(self) -> None:
        self.ways: list[CutOff] = []
        self.leavers: list[Leaver] = []

    async def leave(self) -> None:
        """Let all leave now."""
        await asyncio.gather(*(leaver.leave() for leaver in self.leavers))

    @property
    def moves(self) -> list[float]:
        """When clients were moved, by whichever gateway."""
        return sorted(move for leaver in self.leavers for move in leaver.moves)


def in_house(work: Callable[[House], Awaitable[object]], *clients: int) -> House:
    """Do it to gateways that leave with so many clients each, and have known each other for a while."""

    async def run() -> House:
        house, bus = House(), MemoryFleetBus()
        _, staying = start_fleet("stays", bus)
        for number, count in enumerate(clients):
            house.ways.append(CutOff(bus))
            house.leavers.append(await Leaver(f"leaves-{number}", house.ways[-1], PACE).fill(count))
        await asyncio.sleep(2 * LEASE)
        await work(house)
        staying.cancel()
        return house

    house = in_virtual_time(run)
    assert len(house.moves) == sum(clients), "everybody is moved"
    return house


def lasted(house: House) -> float:
    return house.moves[-1] - house.moves[0]


@pytest.mark.parametrize("leavers", [1, 2, 3])
def test_together_they_use_the_budget_and_no_more(leavers: int) -> None:
    house = in_house(House.leave, *[120] * leavers)
    assert BUDGET - leavers <= busiest_second(house.moves) <= BUDGET
    assert lasted(house) == pytest.approx(leavers * 120 / BUDGET, rel=0.1)


def test_one_that_begins_later_takes_its_part_before_it_moves_anybody() -> None:
    async def work(house: House) -> None:
        first = asyncio.ensure_future(house.leavers[0].leave())
        await asyncio.sleep(SETTLE_BEFORE_DRAIN / 2)
        await asyncio.gather(first, house.leavers[1].leave())

    assert busiest_second(in_house(work, 200, 200).moves) <= BUDGET


def test_one_that_has_left_leaves_its_part_to_the_others_when_its_lease_ends() -> None:
    house = in_house(House.leave, 20, 400)
    first, second = (leaver.moves for leaver in house.leavers)
    assert busiest_second(house.moves) <= BUDGET
    last = [move for move in second if move > first[-1] + LEASE + BEAT]
    assert [later - earlier for earlier, later in itertools.pairwise(last)] == pytest.approx(
        [1 / BUDGET] * (len(last) - 1)
    )
    assert len(last) > BUDGET


@pytest.mark.parametrize("noticed", [True, False])
def test_those_that_hear_nobody_are_so_slow_that_all_may_leave(noticed: bool) -> None:
    async def work(house: House) -> None:
        for way in house.ways:
            way.cut(noticed=noticed)
        await house.leave()

    house = in_house(work, 20, 20, 20, 20)
    assert busiest_second(house.moves) <= BUDGET
    assert lasted(house) == pytest.approx(20 / ALONE, abs=0.5)


@pytest.mark.parametrize("noticed", [True, False])
def test_those_that_lose_each_other_on_the_way_slow_down(noticed: bool) -> None:
    async def work(house: House) -> None:
        leaving = asyncio.ensure_future(house.leave())
        await asyncio.sleep(SETTLE_BEFORE_DRAIN + 2)
        for way in house.ways:
            way.cut(noticed=noticed)
        await leaving

    house = in_house(work, 150, 150)
    assert busiest_second(house.moves) <= BUDGET
    assert busiest_second([move for move in house.moves if move > house.moves[0] + 2 + 2 * BEAT]) <= 2 * ALONE


def test_one_that_hears_again_does_not_believe_at_once_that_it_leaves_alone() -> None:
    async def work(house: House) -> None:
        first, second = house.ways
        first.cut()
        second.cut()
        leaving = asyncio.ensure_future(house.leave())
        await asyncio.sleep(SETTLE_BEFORE_DRAIN + 2)
        first.mend()
        await asyncio.sleep(LEASE / 2)
        second.mend()
        await leaving

    house = in_house(work, 200, 200)
    assert busiest_second(house.moves) <= BUDGET
    assert lasted(house) < 200 / ALONE - 5, "they share the budget again"
