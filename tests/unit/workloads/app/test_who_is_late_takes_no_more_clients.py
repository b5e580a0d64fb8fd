"""A gateway whose event loop lags for some time takes no more clients until it is in time again."""

import asyncio

import pytest

from notifications.app.overload import Overload
from notifications.domain.limits import OVERLOAD_AFTER, OVERLOAD_LAG
from tests.unit.workloads.app.world import in_virtual_time


class LateClock:
    """The virtual time, ahead of what the loop was asked to wait by what it is `stuck` at each wait."""

    def __init__(self) -> None:
        self.stuck = 0.0
        self._spent = 0.0
        self._last = asyncio.get_running_loop().time()

    def __call__(self) -> float:
        if (at := asyncio.get_running_loop().time()) > self._last:
            self._spent, self._last = self._spent + self.stuck, at
        return at + self._spent


async def look(lags: list[tuple[float, int]]) -> list[bool]:
    """Run with these lags, each for so many looks, and return what was said after each."""
    clock, said = LateClock(), list[bool]()
    overload = Overload(clock)
    running = asyncio.ensure_future(overload.run())
    await asyncio.sleep(0)
    for lag, looks in lags:
        clock.stuck = lag
        await asyncio.sleep(0.5 * looks)
        await asyncio.sleep(0.01)
        said.append(overload.is_on)
    running.cancel()
    return said


@pytest.mark.parametrize("lag", [0.0, OVERLOAD_LAG * 0.9])
def test_a_little_lag_for_long_is_none(lag: float) -> None:
    assert in_virtual_time(lambda: look([(lag, 200)])) == [False]


def test_a_short_lag_is_none() -> None:
    assert in_virtual_time(lambda: look([(OVERLOAD_AFTER * 0.8, 1), (0.0, 1)])) == [False, False]


def test_a_long_lag_is_overload_until_it_is_over() -> None:
    looks = round(OVERLOAD_AFTER / OVERLOAD_LAG)
    assert in_virtual_time(lambda: look([(OVERLOAD_LAG, looks), (0.0, 1), (OVERLOAD_LAG, 1)])) == [True, False, False]
