"""Keys wait, are handled one at a time, and come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from notification_operator.errors import LeadershipLost, Unavailable
from notification_operator.queue import Pace, WorkQueue

from ...support.waiting import eventually

QUICK = Pace(settle=0.0, first_retry=0.01, longest_retry=0.05, resync=60.0, workers=2)


@asynccontextmanager
async def working(
    handle: Callable[[str], Awaitable[float | None]], pace: Pace = QUICK
) -> AsyncIterator[WorkQueue[str]]:
    queue = WorkQueue(handle, pace, chance=lambda: 0.5)
    running = asyncio.create_task(queue.run())
    yield queue
    running.cancel()
    await asyncio.wait({running})


async def test_a_key_that_is_added_often_is_handled_once() -> None:
    handled: list[str] = []

    async def handle(key: str) -> None:
        handled.append(key)

    async with working(handle, Pace(settle=0.05)) as queue:
        for _ in range(10):
            queue.add("a")
        await eventually(lambda: handled)
        await eventually(lambda: not queue.list_keys())
    assert handled == ["a"]


async def test_two_workers_never_have_the_same_key() -> None:
    at_once, most, rounds = 0, 0, 0

    async def handle(_: str) -> None:
        nonlocal at_once, most, rounds
        at_once += 1
        most = max(most, at_once)
        queue.add("a")
        await asyncio.sleep(0)
        at_once -= 1
        rounds += 1

    async with working(handle) as queue:
        queue.add("a")
        await eventually(lambda: rounds > 20)
    assert most == 1


async def test_different_keys_are_handled_side_by_side() -> None:
    both = asyncio.Barrier(2)
    met: list[str] = []

    async def handle(key: str) -> None:
        await both.wait()
        met.append(key)

    async with working(handle) as queue:
        queue.add("a")
        queue.add("b")
        await eventually(lambda: len(met) == 2)
    assert sorted(met) == ["a", "b"]


@pytest.mark.parametrize("error", [Unavailable("no"), LeadershipLost("no"), KeyError("a fault")])
async def test_what_fails_is_tried_again(error: Exception) -> None:
    tries = 0

    async def handle(_: str) -> None:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise error

    async with working(handle) as queue:
        queue.add("a")
        await eventually(lambda: tries == 5)
        await eventually(lambda: not queue.list_keys())
    assert tries == 5


async def test_a_server_that_asks_for_patience_gets_it() -> None:
    times: list[float] = []

    async def handle(_: str) -> None:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise Unavailable("busy", retry_after=0.2)

    async with working(handle) as queue:
        queue.add("a")
        await eventually(lambda: len(times) == 2)
    assert times[1] - times[0] >= 0.2


async def test_a_key_comes_back_when_it_asked_to() -> None:
    handled = 0

    async def handle(_: str) -> float:
        nonlocal handled
        handled += 1
        return 0.01

    async with working(handle) as queue:
        queue.add("a")
        await eventually(lambda: handled > 3)
    assert queue.list_keys() == ["a"]


async def test_a_backlog_that_is_worked_off_is_no_stall() -> None:
    stalls: list[float] = []
    lags: list[float] = []

    async def handle(_: str) -> None:
        await asyncio.sleep(0.02)
        stalls.append(queue.measure_stall())
        lags.append(queue.measure_lag())

    async with working(handle, Pace(settle=0.0, workers=1)) as queue:
        for number in range(40):
            queue.add(str(number))
        await eventually(lambda: not queue.list_keys())
    assert max(stalls) < max(lags) / 2


async def test_keys_that_are_due_while_no_one_works_are_a_stall() -> None:
    async def handle(_: str) -> None:
        pytest.fail("nobody works")

    queue: WorkQueue[str] = WorkQueue(handle, QUICK)
    assert queue.measure_stall() == 0.0
    queue.add("a", delay=60.0)
    assert queue.measure_stall() == 0.0
    queue.add("a")
    await eventually(lambda: queue.measure_stall() > 0.02)
    assert queue.measure_lag() >= queue.measure_stall() - 0.01


async def test_work_that_hangs_shows_as_lag() -> None:
    async def handle(_: str) -> None:
        await asyncio.Event().wait()

    async with working(handle) as queue:
        assert queue.measure_lag() == 0.0
        queue.add("a")
        await eventually(lambda: queue.measure_lag() > 0.02)
        await eventually(lambda: queue.measure_stall() > 0.02)
        assert queue.list_keys() == ["a"]
