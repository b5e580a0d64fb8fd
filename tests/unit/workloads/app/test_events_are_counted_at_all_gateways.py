"""A user has so many events a minute, whichever gateways they are sent to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifications.adapters.memory.spend import MemorySpendBus, MemorySpendLine
from notifications.app import spenders
from notifications.app.event_budget import EventBudget, Share
from notifications.domain.errors import RateLimited
from notifications.domain.limits import SPEND_EVERY, SPEND_WINDOW
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import BOB, in_virtual_time

LIMIT = 100


@asynccontextmanager
async def fleet(line: MemorySpendLine, gateways: int = 2) -> AsyncIterator[list[EventBudget]]:
    monotonic = asyncio.get_running_loop().time
    share = Share(LIMIT, lambda _: gateways, monotonic)
    budgets = [EventBudget(MemorySpendBus(line), share) for _ in range(gateways)]
    running = [asyncio.ensure_future(budget.run()) for budget in budgets]
    yield budgets
    for task in running:
        task.cancel()


async def send(budget: EventBudget, count: int = 1000, owner: UserKey = BOB) -> tuple[int, RateLimited | None]:
    """Send events and return how many were let through, and why no more."""
    for sent in range(count):
        try:
            await budget.spend(owner)
        except RateLimited as error:
            return sent, error
    return count, None


def test_beyond_the_limit_it_is_said_how_long_to_wait() -> None:
    async def work() -> tuple[int, RateLimited | None]:
        async with fleet(MemorySpendLine(), 1) as (budget,):
            return await send(budget)

    sent, error = in_virtual_time(work)
    assert sent == LIMIT
    assert error is not None
    assert error.retry_after == SPEND_WINDOW + 1
    assert str(error) == "you send more than 100 events a minute: wait 61 s"


def test_what_one_gateway_let_through_the_other_knows_a_second_later() -> None:
    async def work() -> tuple[int, int]:
        async with fleet(MemorySpendLine()) as (first, second):
            sent = 0
            for _ in range(30):
                sent += (await send(first))[0]
                await asyncio.sleep(1)
            return sent, (await send(second))[0]

    sent, elsewhere = in_virtual_time(work)
    assert sent > LIMIT * 0.9
    assert sent + elsewhere <= LIMIT


def test_two_gateways_that_are_flooded_let_through_what_one_would() -> None:
    async def work() -> int:
        total = 0
        async with fleet(MemorySpendLine()) as budgets:
            for _ in range(50):
                total += sum([(await send(budget))[0] for budget in budgets])
                await asyncio.sleep(1)
        return total

    assert LIMIT * 0.9 <= in_virtual_time(work) <= LIMIT * 1.1


def test_others_have_limits_of_their_own() -> None:
    async def work() -> list[int]:
        owners = [BOB, UserKey("other", BOB.user), UserKey(BOB.tenant, "alice")]
        async with fleet(MemorySpendLine(), 1) as (budget,):
            return [(await send(budget, owner=owner))[0] for owner in owners]

    assert in_virtual_time(work) == [LIMIT] * 3


def test_without_a_bus_each_gateway_counts_alone_and_goes_on_when_it_is_back() -> None:
    async def work() -> tuple[int, int]:
        line = MemorySpendLine()
        line.away = True
        async with fleet(line) as (first, second):
            await send(first)
            await asyncio.sleep(2 * SPEND_EVERY)
            alone = (await send(second))[0]
            line.away = False
            await asyncio.sleep(2 * SPEND_WINDOW)
            await send(first)
            await asyncio.sleep(2 * SPEND_EVERY)
            return alone, (await send(second))[0]

    assert in_virtual_time(work) == (50, 25)


def test_users_who_do_nothing_are_forgotten_and_so_are_those_beyond_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> tuple[int, int]:
        monkeypatch.setattr(spenders, "MAX_SPENDERS", 10)
        async with fleet(MemorySpendLine(), 1) as (budget,):
            for number in range(20):
                await send(budget, 1, UserKey("demo", str(number)))
            kept = len(budget)
            await asyncio.sleep(SPEND_WINDOW + 3)
            return kept, len(budget)

    assert in_virtual_time(work) == (10, 0)


def test_who_has_just_come_waits_until_it_is_known_who_else_may_serve_it() -> None:
    """Among five gateways none may let through more than a fifth, until it is known that it is the only one."""
    known_at = 2.0

    async def work() -> tuple[int, float, float, RateLimited | None]:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def settles_in(_: UserKey) -> float:
            return max(0.0, began + known_at - loop.time())

        share = Share(LIMIT, lambda owner: 5 if settles_in(owner) else 1, loop.time, settles_in)
        budget = EventBudget(MemorySpendBus(MemorySpendLine()), share)
        await send(budget, LIMIT // 5)
        at_once = loop.time() - began
        sent, error = await send(budget)
        return LIMIT // 5 + sent, at_once, loop.time() - began, error

    sent, at_once, lasted, error = in_virtual_time(work)
    assert (sent, at_once, lasted) == (LIMIT, 0, known_at)
    assert error is not None


def test_who_is_beyond_the_limit_is_refused_at_once_though_it_has_just_come() -> None:
    async def work() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        budget = EventBudget(MemorySpendBus(MemorySpendLine()), Share(LIMIT, lambda _: 1, loop.time, lambda _: 2.0))
        sent, _ = await send(budget)
        return loop.time() - began, sent

    assert in_virtual_time(work) == (0, LIMIT)


def test_who_turns_out_to_be_at_other_gateways_as_well_has_its_share() -> None:
    async def work() -> int:
        loop = asyncio.get_running_loop()
        settles = iter((2.0, *(0.0 for _ in range(LIMIT))))
        share = Share(10, lambda _: 5, loop.time, lambda _: next(settles))
        budget = EventBudget(MemorySpendBus(MemorySpendLine()), share)
        return (await send(budget))[0]

    assert in_virtual_time(work) == 2
