"""The event loop under the simulation: time that costs nothing, crashes that nobody notices, order from a seed."""

import asyncio
from contextvars import Context
from random import Random

import pytest

from tests.simulation.loop import PROCESS, Process, Stalled, VirtualLoop


def make_loop(seed: int = 0) -> VirtualLoop:
    return VirtualLoop(Random(seed), deadline=1000.0)  # type: ignore[abstract]


def context_of(process: Process) -> Context:
    context = Context()
    context.run(PROCESS.set, process)
    return context


async def sleep_and_note(notes: list[str]) -> None:
    try:
        await asyncio.sleep(1)
        notes.append("woke up")
    finally:
        notes.append("cleaned up")


def test_an_hour_passes_at_once() -> None:
    loop = VirtualLoop(Random(0), deadline=4000.0)  # type: ignore[abstract]

    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert loop.run_until_complete(wait()) == 3600


def test_waiting_for_nothing_is_a_deadlock() -> None:
    loop = make_loop()
    with pytest.raises(Stalled, match="deadlock"):
        loop.run_until_complete(loop.create_future())


def test_a_run_without_an_end_is_stopped() -> None:
    with pytest.raises(Stalled, match="1000"):
        make_loop().run_until_complete(asyncio.sleep(2000))


def test_code_that_spins_is_stopped() -> None:
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Stalled, match="spins"):
        make_loop().run_until_complete(spin())


def test_a_killed_process_does_not_even_clean_up_before_it_is_buried() -> None:
    loop, process, notes = make_loop(), Process("p"), list[str]()

    async def crash() -> list[str]:
        asyncio.get_running_loop().create_task(sleep_and_note(notes), context=context_of(process))
        await asyncio.sleep(0.5)
        loop.kill(process)
        await asyncio.sleep(10)
        return list(notes)

    assert loop.run_until_complete(crash()) == []
    loop.bury()
    assert notes == ["cleaned up"]


def test_a_frozen_process_goes_on_where_it_was() -> None:
    loop, process, notes = make_loop(), Process("p"), list[str]()

    async def freeze() -> list[list[str]]:
        asyncio.get_running_loop().create_task(sleep_and_note(notes), context=context_of(process))
        await asyncio.sleep(0.5)
        loop.freeze(process, 5)
        await asyncio.sleep(3)
        before = list(notes)
        await asyncio.sleep(3)
        return [before, list(notes)]

    assert loop.run_until_complete(freeze()) == [[], ["woke up", "cleaned up"]]


def order_of_timers(seed: int) -> list[int]:
    loop, order = make_loop(seed), list[int]()

    async def race() -> None:
        for number in range(10):
            loop.call_later(1, order.append, number)
        await asyncio.sleep(2)

    loop.run_until_complete(race())
    return order


def test_timers_of_one_instant_run_in_seeded_order() -> None:
    assert order_of_timers(1) == order_of_timers(1)
    assert order_of_timers(1) != order_of_timers(2)


def test_what_is_soon_keeps_its_order() -> None:
    loop, order = make_loop(), list[int]()

    async def queue() -> None:
        for number in range(10):
            loop.call_soon(order.append, number)
        await asyncio.sleep(1)

    loop.run_until_complete(queue())
    assert order == list(range(10))


def test_an_error_that_a_live_process_lets_escape_is_kept() -> None:
    loop = make_loop()

    async def fail_behind_its_back() -> None:
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)

    loop.run_until_complete(fail_behind_its_back())
    assert len(loop.errors) == 1
    assert "division by zero" in loop.errors[0]
