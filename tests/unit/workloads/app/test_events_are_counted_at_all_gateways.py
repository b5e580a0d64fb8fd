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


def send(budget: EventBudget, count: int = 1000, owner: UserKey = BOB) -> tuple[int, RateLimited | None]:
    """Send events and return how many were let through, and why no more."""
    for sent in range(count):
        try:
            budget.spend(owner)
        except RateLimited as error:
            return sent, error
    return count, None


def test_beyond_the_limit_it_is_said_how_long_to_wait() -> None:
    async def work() -> tuple[int, RateLimited | None]:
        async with fleet(MemorySpendLine(), 1) as (budget,):
            return send(budget)

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
                sent += send(first)[0]
                await asyncio.sleep(1)
            return sent, send(second)[0]

    sent, elsewhere = in_virtual_time(work)
    assert sent > LIMIT * 0.9
    assert sent + elsewhere <= LIMIT


def test_two_gateways_that_are_flooded_let_through_what_one_would() -> None:
    async def work() -> int:
        total = 0
        async with fleet(MemorySpendLine()) as budgets:
            for _ in range(50):
                total += sum(send(budget)[0] for budget in budgets)
                await asyncio.sleep(1)
        return total

    assert LIMIT * 0.9 <= in_virtual_time(work) <= LIMIT * 1.1


def test_others_have_limits_of_their_own() -> None:
    async def work() -> list[int]:
        owners = [BOB, UserKey("other", BOB.user), UserKey(BOB.tenant, "alice")]
        async with fleet(MemorySpendLine(), 1) as (budget,):
            return [send(budget, owner=owner)[0] for owner in owners]

    assert in_virtual_time(work) == [LIMIT] * 3


def test_without_a_bus_each_gateway_counts_alone_and_goes_on_when_it_is_back() -> None:
    async def work() -> tuple[int, int]:
        line = MemorySpendLine()
        line.away = True
        async with fleet(line) as (first, second):
            send(first)
            await asyncio.sleep(2 * SPEND_EVERY)
            alone = send(second)[0]
            line.away = False
            await asyncio.sleep(2 * SPEND_WINDOW)
            send(first)
            await asyncio.sleep(2 * SPEND_EVERY)
            return alone, send(second)[0]

    assert in_virtual_time(work) == (50, 25)


def test_users_who_do_nothing_are_forgotten_and_so_are_those_beyond_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> tuple[int, int]:
        monkeypatch.setattr(spenders, "MAX_SPENDERS", 10)
        async with fleet(MemorySpendLine(), 1) as (budget,):
            for number in range(20):
                send(budget, 1, UserKey("demo", str(number)))
            kept = len(budget)
            await asyncio.sleep(SPEND_WINDOW + 3)
            return kept, len(budget)

    assert in_virtual_time(work) == (10, 0)
