"""A connection is warned before its token runs out, may go on with another one, and ends with the last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.app.expiry import Expiry
from notifications.app.hub import Arrival, Hub
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.app.upkeep import keep_sessions
from notifications.domain.errors import Forbidden
from notifications.domain.limits import EXPIRY_TOLD
from notifications.domain.notification import UserKey, wire_time
from notifications.domain.principal import Principal
from tests.unit.workloads.app.world import (
    BOB,
    START,
    MemorySocket,
    Reports,
    clock,
    in_virtual_time,
    principal,
    store_with,
)

ENDED = ("error", {"code": "TOKEN_EXPIRED", "message": "Token expired"}, None)


class Watched(MemorySocket):
    """A socket that remembers when it was told of its token, and when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, list[float]] = {}

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        self.at.setdefault(event, []).append(asyncio.get_running_loop().time())
        return super().send(event, body, cursor)

    def close(self) -> None:
        self.at.setdefault("close", []).append(asyncio.get_running_loop().time())
        super().close()


@asynccontextmanager
async def a_gateway() -> AsyncIterator[Hub]:
    hub = Hub("gateway-0", await store_with(0), MemoryInboxBus(), Reports(), Tasks())
    upkeep = asyncio.ensure_future(keep_sessions(hub, clock))
    yield hub
    upkeep.cancel()


@pytest.mark.parametrize("seconds", [75.0, 600.0, 600.25, 3600.9])
def test_a_connection_is_warned_once_a_minute_ahead_and_closed_when_its_token_runs_out(seconds: float) -> None:
    async def work() -> Watched:
        async with a_gateway() as hub:
            await hub.join(Arrival(socket := Watched(), principal(seconds=seconds)))
            await asyncio.sleep(seconds + 5)
        return socket

    socket = in_virtual_time(work)
    (warned,), (closed,) = socket.at["auth:expiring"], socket.at["close"]
    assert seconds - EXPIRY_TOLD <= warned < seconds - EXPIRY_TOLD + 1.01
    assert seconds <= closed < seconds + 1.01
    (told,) = (body for name, body, _ in socket.sent if name == "auth:expiring")
    assert told == {"expiresAt": wire_time(START + timedelta(seconds=seconds))}
    assert socket.sent[-1] == ENDED


def test_a_token_that_has_less_than_a_minute_is_told_of_at_once() -> None:
    async def work() -> Watched:
        async with a_gateway() as hub:
            await hub.join(Arrival(socket := Watched(), principal(seconds=20)))
            await asyncio.sleep(30)
        return socket

    socket = in_virtual_time(work)
    assert socket.names()[0] == "connected"
    assert len(socket.at["auth:expiring"]) == 1
    assert socket.at["auth:expiring"][0] < 1.01
    assert 20 <= socket.at["close"][0] < 21.01


def test_with_another_token_a_connection_goes_on_until_that_runs_out() -> None:
    async def work() -> tuple[Watched, list[Session], Principal]:
        async with a_gateway() as hub:
            refreshed: list[Session] = []
            hub.on_refresh = refreshed.append
            session = await hub.join(Arrival(socket := Watched(), principal(seconds=100)))
            await asyncio.sleep(90)
            new = Principal(BOB, clock() + timedelta(seconds=200), groups=frozenset({"staff"}))
            assert hub.refresh(session, new) is new
            assert refreshed == [session]
            await asyncio.sleep(210)
        return socket, refreshed, session.principal

    socket, _, now = in_virtual_time(work)
    assert [round(at) for at in socket.at["auth:expiring"]] == [40, 230]
    assert [round(at) for at in socket.at["close"]] == [290]
    assert now.groups == {"staff"}


@pytest.mark.parametrize("owner", [UserKey("demo", "carol"), UserKey("other", "bob")])
def test_a_token_of_somebody_else_is_forbidden_and_changes_nothing(owner: UserKey) -> None:
    async def work() -> tuple[Watched, Principal]:
        async with a_gateway() as hub:
            hub.on_refresh = lambda _: pytest.fail("nothing was refreshed")
            session = await hub.join(Arrival(socket := Watched(), principal(seconds=100)))
            with pytest.raises(Forbidden):
                hub.refresh(session, principal(owner, seconds=10_000))
            await asyncio.sleep(105)
        return socket, session.principal

    socket, kept = in_virtual_time(work)
    assert kept.owner == BOB
    assert socket.closed


def test_who_left_is_not_told_and_not_remembered() -> None:
    async def work() -> tuple[Watched, Hub]:
        async with a_gateway() as hub:
            session = await hub.join(Arrival(socket := Watched(), principal(seconds=100)))
            hub.leave(session)
            hub.refresh(session, principal(seconds=100))
            await asyncio.sleep(200)
        return socket, hub

    socket, hub = in_virtual_time(work)
    assert "auth:expiring" not in socket.names()
    assert not hub.expiry._places


def test_a_process_that_was_held_up_for_long_ends_what_ran_out_meanwhile_without_a_warning() -> None:
    async def work() -> list[tuple[str, bool]]:
        expiry = Expiry()
        now = clock()
        list(expiry.pass_to(now))
        for name, seconds in (("short", 100), ("longer", 1000), ("long", 100_000)):
            session = Session(MemorySocket(name), principal(seconds=seconds), None, Reports(), Tasks())  # type: ignore[arg-type]
            expiry.add(session)
        due = expiry.pass_to(now + timedelta(seconds=970))
        return [(session.socket.id, over) for session, over in due]

    assert in_virtual_time(work) == [("short", True), ("longer", False)]


@given(st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=40), st.integers(0, 2**32))
def test_everybody_who_stays_is_warned_and_then_ended_in_time_whatever_the_clock_does(
    tokens: list[tuple[int, bool]], seed: int
) -> None:
    async def work() -> None:
        random, expiry, now = Random(seed), Expiry(), clock()
        told: list[tuple[Session, bool, datetime]] = []
        sessions = [
            Session(MemorySocket(), principal(seconds=seconds), None, Reports(), Tasks())  # type: ignore[arg-type]
            for seconds, _ in tokens
        ]
        for session in sessions:
            expiry.add(session)
        leavers = {session for session, (_, leaves) in zip(sessions, tokens, strict=True) if leaves}
        for session in leavers:
            expiry.discard(session)
        while now < START + timedelta(seconds=600):
            now += timedelta(seconds=random.choice([0.2, 1, 1, 1, 7, 90, -3]))
            told += [(session, over, now) for session, over in expiry.pass_to(now)]
        for session in sessions:
            mine = [(over, at) for other, over, at in told if other is session]
            ends = session.principal.expires_at
            assert [over for over, _ in mine] in ([[]] if session in leavers else [[True], [False, True]])
            assert all(at >= ends if over else ends - timedelta(seconds=EXPIRY_TOLD) <= at < ends for over, at in mine)
        assert not expiry._places

    in_virtual_time(work)
