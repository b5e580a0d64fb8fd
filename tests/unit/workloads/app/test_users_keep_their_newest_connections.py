"""A user has so many connections over all gateways: the oldest gives way, and is told not to come back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.roll import MemoryRollBus, MemoryRollLine
from notifications.app.hub import Arrival, Hub
from notifications.app.roll_call import Allowance, RollCall
from notifications.app.tasks import Tasks
from notifications.domain.notification import UserKey
from notifications.domain.roll import Roll
from tests.unit.workloads.app.world import BOB, MemorySocket, Reports, clock, in_virtual_time, principal, store_with

LIMIT = 5
SETTLED = 2.0
FAREWELL = {
    "code": "CONNECTION_LIMIT",
    "message": "you are connected 5 times, which is the limit: this oldest connection was ended",
}


class LateLine(MemoryRollLine):
    """What is told arrives after a while, at each gateway after another one, so in any order."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def join(self, bus: MemoryRollBus, on_roll: Callable[[UserKey, Roll], None]) -> None:
        def hear_later(owner: UserKey, roll: Roll) -> None:
            asyncio.get_running_loop().call_later(self._random.uniform(0.001, 0.1), on_roll, owner, roll)

        self.listeners[bus] = hear_later


class LateBus(MemoryRollBus):
    """An end of such a line."""

    def __init__(self, line: LateLine) -> None:
        super().__init__(line)
        self._late = line

    def listen(self, on_roll: Callable[[UserKey, Roll], None]) -> None:
        self._late.join(self, on_roll)


@asynccontextmanager
async def fleet(buses: list[MemoryRollBus]) -> AsyncIterator[list[RollCall]]:
    store, inboxes, monotonic = await store_with(0), MemoryInboxBus(), asyncio.get_running_loop().time
    calls = [
        RollCall(name, Hub(name, store, inboxes, Reports(), Tasks()), bus, Allowance(LIMIT, clock, monotonic))
        for name, bus in ((f"gateway-{number}", bus) for number, bus in enumerate(buses))
    ]
    running = [asyncio.ensure_future(call.run()) for call in calls]
    yield calls
    for task in running:
        task.cancel()


def is_ended(socket: MemorySocket) -> bool:
    return "disconnect" in socket.names()


async def connect(call: RollCall, sockets: list[MemorySocket], owner: UserKey = BOB) -> None:
    sockets.append(MemorySocket(f"socket-{len(sockets):02}"))
    await call.join(Arrival(sockets[-1], principal(owner)))
    await asyncio.sleep(0.01)


def test_the_sixth_connection_of_one_gateway_ends_the_first_at_once() -> None:
    async def work() -> list[MemorySocket]:
        sockets: list[MemorySocket] = []
        async with fleet([MemoryRollBus(MemoryRollLine())]) as (call,):
            for _ in range(LIMIT + 1):
                await connect(call, sockets)
        return sockets

    first, *others = in_virtual_time(work)
    assert first.sent[-2:] == [("error", FAREWELL, None), ("disconnect", None, None)]
    assert not any(socket.closed for socket in others)


def test_five_connections_over_two_gateways_stay_and_the_sixth_ends_the_first() -> None:
    async def work() -> tuple[list[bool], list[bool]]:
        sockets: list[MemorySocket] = []
        line = MemoryRollLine()
        async with fleet([MemoryRollBus(line), MemoryRollBus(line)]) as calls:
            for number in range(LIMIT):
                await connect(calls[number % 2], sockets)
            await asyncio.sleep(SETTLED)
            before = [is_ended(socket) for socket in sockets]
            await connect(calls[1], sockets)
            await asyncio.sleep(SETTLED)
        return before, [is_ended(socket) for socket in sockets]

    assert in_virtual_time(work) == ([False] * 5, [True] + [False] * 5)


def test_the_connections_of_others_do_not_count() -> None:
    async def work() -> list[MemorySocket]:
        sockets: list[MemorySocket] = []
        line = MemoryRollLine()
        async with fleet([MemoryRollBus(line), MemoryRollBus(line)]) as calls:
            for number in range(2 * LIMIT):
                owner = BOB if number % 2 else UserKey("other", BOB.user)
                await connect(calls[number % 3 % 2], sockets, owner)
            await asyncio.sleep(SETTLED)
        return sockets

    assert not any(is_ended(socket) for socket in in_virtual_time(work))


def test_who_has_left_does_not_count() -> None:
    async def work() -> list[MemorySocket]:
        sockets: list[MemorySocket] = []
        line = MemoryRollLine()
        async with fleet([MemoryRollBus(line), MemoryRollBus(line)]) as calls:
            for number in range(4 * LIMIT):
                session = await calls[number % 2].join(Arrival(MemorySocket(f"brief-{number}"), principal()))
                await asyncio.sleep(1)
                calls[number % 2].leave(session)
            for number in range(LIMIT):
                await connect(calls[number % 2], sockets)
            await asyncio.sleep(SETTLED)
        return sockets

    assert not any(is_ended(socket) for socket in in_virtual_time(work))


def test_without_a_bus_each_gateway_counts_alone_and_asks_when_it_is_back() -> None:
    async def work() -> tuple[list[bool], list[bool]]:
        sockets: list[MemorySocket] = []
        line = MemoryRollLine()
        line.away = True
        async with fleet([MemoryRollBus(line), MemoryRollBus(line)]) as calls:
            for number in range(2 * LIMIT + 2):
                await connect(calls[number % 2], sockets)
            await asyncio.sleep(SETTLED)
            alone = [is_ended(socket) for socket in sockets]
            line.away = False
            await asyncio.sleep(SETTLED)
        return alone, [is_ended(socket) for socket in sockets]

    assert in_virtual_time(work) == ([True] * 2 + [False] * 10, [True] * 7 + [False] * 5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 0.3)), max_size=25), st.integers(0, 2**32))
def test_after_two_seconds_the_newest_are_left_however_messages_cross(
    connects: list[tuple[int, float]], seed: int
) -> None:
    async def work() -> list[bool]:
        line, sockets = LateLine(Random(seed)), list[MemorySocket]()
        async with fleet([LateBus(line) for _ in range(4)]) as calls:
            for gateway, pause in connects:
                await connect(calls[gateway], sockets)
                await asyncio.sleep(pause)
            await asyncio.sleep(SETTLED)
        return [is_ended(socket) for socket in sockets]

    gone = max(0, len(connects) - LIMIT)
    assert in_virtual_time(work) == [True] * gone + [False] * (len(connects) - gone)


def test_it_says_in_how_many_seconds_it_knows_that() -> None:
    async def work() -> list[float]:
        async with fleet([MemoryRollBus(MemoryRollLine())]) as (call,):
            left = [call.settles_in(BOB)]
            for pause in (0.0, 0.5):
                await asyncio.sleep(pause)
                await call.join(Arrival(MemorySocket(f"after {pause}"), principal()))
                left.append(call.settles_in(BOB))
            await asyncio.sleep(left[-1])
            return [*left, call.settles_in(BOB)]

    assert in_virtual_time(work) == [2.0, 2.0, pytest.approx(1.5, abs=0.002), 0.0]


def test_a_gateway_learns_in_two_seconds_which_others_hold_the_user_and_forgets_with_the_user() -> None:
    async def work() -> list[Collection[str] | None]:
        seen: list[Collection[str] | None] = []
        line = MemoryRollLine()
        async with fleet([MemoryRollBus(line) for _ in range(3)]) as calls:
            first, second, _ = calls
            session = await first.join(Arrival(MemorySocket("first"), principal()))
            seen.append(first.elsewhere(BOB))
            await asyncio.sleep(SETTLED)
            seen.append(first.elsewhere(BOB))
            await second.join(Arrival(MemorySocket("second"), principal()))
            await asyncio.sleep(SETTLED)
            seen += [first.elsewhere(BOB), second.elsewhere(BOB)]
            first.leave(session)
            seen.append(first.elsewhere(BOB))
        return seen

    assert in_virtual_time(work) == [None, (), {"gateway-1"}, {"gateway-0"}, None]
