"""Housekeeping goes on through outages: a worker must not end because the database was away for a moment."""

import asyncio
from datetime import datetime

from notifications.app.housekeeping import keep_house
from notifications.domain.errors import Unavailable
from notifications.domain.limits import HOUSEKEEPING_AFTER_FAILURE, HOUSEKEEPING_EVERY
from tests.unit.workloads.app.world import clock, in_virtual_time


class House:
    """A database that is away for the first `failures` times, and has 3 portions of old keys."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.portions = 3
        self.ensured: list[datetime] = []
        self.enforced: list[datetime] = []

    async def ensure(self, now: datetime) -> list[str]:
        if self.failures:
            self.failures -= 1
            raise Unavailable("down")
        self.ensured.append(now)
        return []

    async def enforce(self, now: datetime) -> list[str]:
        self.enforced.append(now)
        return []

    async def forget_keys(self) -> int:
        self.portions = max(self.portions - 1, 0)
        return self.portions


def test_it_is_repeated_and_an_outage_only_postpones_it() -> None:
    async def work() -> tuple[House, datetime]:
        house, began = House(failures=2), clock()
        keeping = asyncio.ensure_future(keep_house(house, house, [house.forget_keys], clock))
        await asyncio.sleep(2 * HOUSEKEEPING_AFTER_FAILURE + HOUSEKEEPING_EVERY + 1)
        keeping.cancel()
        return house, began

    house, began = in_virtual_time(work)
    offsets = [(at - began).total_seconds() for at in house.ensured]
    assert offsets == [2 * HOUSEKEEPING_AFTER_FAILURE, 2 * HOUSEKEEPING_AFTER_FAILURE + HOUSEKEEPING_EVERY]
    assert house.enforced == house.ensured
    assert house.portions == 0
