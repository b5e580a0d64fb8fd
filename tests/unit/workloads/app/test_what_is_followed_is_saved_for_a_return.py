"""What a session follows is saved while it lasts and a while longer, and never over what was saved elsewhere since."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.sessions import MemorySessionStore
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.app.access import Access
from notifications.app.board import NO_FAMILIES, Board, Wish
from notifications.app.hub import Arrival, Hub
from notifications.app.recovery import Recovery
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.families import Family
from notifications.domain.limits import RECOVERY_WINDOW, SAVED_AGAIN, SAVED_AT_ONCE, SAVED_KEPT, SAVED_TURN
from notifications.domain.saved import Saved, read_follows
from notifications.domain.topics import read_pattern
from tests.unit.workloads.app.world import MemorySocket, Reports, clock, in_virtual_time, principal

_nonces = count(1)


class Sessions(MemorySessionStore):
    """May be away, or lose the first answer of many, and remembers how many were saved at once."""

    is_away = loses_first = False

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[int] = []

    async def put(  # type: ignore[override]  # as the port says
        self, saved: Sequence[Saved]
    ) -> Sequence[int | Unavailable | None]:
        if self.is_away:
            raise Unavailable("away")
        self.puts.append(len(saved))
        first, *others = await super().put(saved) or [None]
        return [Unavailable("no answer") if self.loses_first else first, *others][: len(saved)]


class Gateway:
    """One that shares with others what is saved."""

    def __init__(
        self, store: Sessions, log: MemoryTopicLog, inbox: MemoryStore, families: Mapping[str, Family] = NO_FAMILIES
    ) -> None:
        self.store, tasks = store, Tasks()
        self.hub = Hub("gateway-0", inbox, MemoryInboxBus(), Reports(), tasks)
        self.board = Board(log, MemoryTopicBus(log), clock, tasks, families)
        access = Access(MemoryRooms(inbox, clock), None, {}, asyncio.get_running_loop().time)
        self.recovery = Recovery(store, self.board, access, lambda: next(_nonces).to_bytes(15, "big"))
        self.hub.recovery = self.recovery
        self.rounds = asyncio.ensure_future(self.recovery.run())

    async def join(self, back_from: Session | None = None, stood: str | None = None) -> tuple[Session, bool]:
        """Return a new session, and whether it is what its client comes back to."""
        pid, offset = (back_from.private_id, stood or back_from.cursor()) if back_from else (None, None)
        answers: list[str | None] = []
        arrival = Arrival(MemorySocket(), principal(), private_id=pid, offset=offset, accept=answers.append)
        session = await self.hub.join(arrival)
        assert answers == [session.private_id]
        return session, session.private_id == pid

    async def follow(self, session: Session, topic: str) -> None:
        await self.board.follow(self.recovery.followers.of(session), Wish(read_pattern("demo", topic)))
        await self.recovery.save(session)

    def die(self) -> None:
        self.rounds.cancel()


def between(work: Callable[[Gateway, Gateway], Awaitable[None]]) -> None:
    async def live() -> None:
        store, log, inbox = Sessions(), MemoryTopicLog(), MemoryStore(clock)
        gateways = [Gateway(store, log, inbox) for _ in range(2)]
        await work(*gateways)
        for gateway in gateways:
            gateway.die()

    in_virtual_time(live)


def followed(session: Session) -> list[str]:
    return [topic.name for topic in session.topics.followings] if session.topics else []


async def saved(gateway: Gateway, session: Session) -> list[str]:
    assert session.private_id
    body = await gateway.store.get("demo", session.private_id)
    return [follow.topic.name for follow in read_follows("demo", body)] if body else []


def test_it_outlives_its_gateway_by_the_window_however_long_it_lasted() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        await asyncio.sleep(10 * SAVED_KEPT + SAVED_AGAIN)
        first.die()
        await asyncio.sleep(RECOVERY_WINDOW)
        returned, is_back = await second.join(session)
        assert is_back
        assert followed(returned) == ["user.bob"]

    between(work)


def test_it_is_gone_some_time_later() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        first.die()
        await asyncio.sleep(SAVED_KEPT)
        returned, is_back = await second.join(session)
        assert not is_back
        assert followed(returned) == []

    between(work)


def test_who_follows_nothing_is_not_saved_and_comes_back_all_the_same() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await asyncio.sleep(2 * SAVED_AGAIN)
        assert first.store.puts == []
        assert (await second.join(session))[1]

    between(work)


def test_a_gateway_that_has_not_noticed_saves_nothing_over_what_was_saved_elsewhere() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        returned, _ = await second.join(session)
        await second.follow(returned, "user.bob.more")
        for _ in range(5):
            await asyncio.sleep(SAVED_AGAIN)
            assert await saved(first, session) == ["user.bob", "user.bob.more"]

    between(work)


def test_a_join_that_comes_late_at_the_gateway_that_was_left_saves_nothing_over_what_was_saved_elsewhere() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        returned, is_back = await second.join(session)
        assert is_back
        await second.follow(returned, "user.bob")
        with pytest.raises(Unavailable):
            await first.follow(session, "user.bob.more")
        assert session.socket.closed  # type: ignore[attr-defined]
        assert await saved(first, session) == ["user.bob"]

    between(work)


def test_who_comes_back_takes_over_at_once_what_is_saved() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        await second.join(session)
        with pytest.raises(Unavailable):
            await first.follow(session, "user.bob.more")
        assert await saved(first, session) == ["user.bob"]

    between(work)


def test_who_was_told_that_it_follows_and_not_where_it_stands_begins_anew() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        before = session.cursor()
        await first.follow(session, "user.bob")
        _, is_back = await second.join(session, before)
        assert not is_back

    between(work)


def test_what_was_saved_elsewhere_is_saved_again_soon_after_it_is_gone() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        returned, _ = await second.join(session)
        second.die()
        second.hub.leave(returned)
        await asyncio.sleep(SAVED_KEPT + 2 * SAVED_TURN)
        assert await saved(first, session) == ["user.bob"]

    between(work)


def test_a_store_that_lost_everything_is_filled_again() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        first.store.wipe()
        await asyncio.sleep(2 * (SAVED_AGAIN + SAVED_TURN) + SAVED_TURN)
        assert await saved(first, session) == ["user.bob"]

    between(work)


def test_an_outage_of_the_store_ends_nothing() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        first.store.is_away = True
        await asyncio.sleep(SAVED_KEPT)
        first.store.is_away = False
        await asyncio.sleep(2 * (SAVED_AGAIN + SAVED_TURN))
        assert (await second.join(session))[1]

    between(work)


def test_an_answer_that_is_lost_is_logged_and_ends_nothing_of_others(caplog: pytest.LogCaptureFixture) -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        one, other = [(await first.join())[0] for _ in range(2)]
        for session in (one, other):
            await first.follow(session, "user.bob")
        first.store.puts.clear()
        first.store.loses_first = True
        await asyncio.sleep(SAVED_AGAIN + SAVED_TURN)
        first.store.loses_first = False
        assert first.store.puts == [2]
        await first.follow(other, "user.bob.more")
        assert await saved(first, other) == ["user.bob", "user.bob.more"]

    between(work)
    assert "sessions are not saved" in caplog.messages


def test_who_is_not_known_to_be_saved_is_not_told_that_it_follows() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        first.store.loses_first = True
        with pytest.raises(Unavailable):
            await first.follow(session, "user.bob")

    between(work)


def test_many_are_saved_some_at_a_time_and_none_that_has_left() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        sessions = [(await first.join())[0] for _ in range(SAVED_AT_ONCE + 2)]
        for session in sessions:
            await first.follow(session, "user.bob")
        first.hub.leave(sessions[0])
        first.store.puts.clear()
        await asyncio.sleep(SAVED_AGAIN + SAVED_TURN)
        assert first.store.puts == [SAVED_AT_ONCE, 1]

    between(work)


def test_who_says_goodbye_is_forgotten() -> None:
    async def work(first: Gateway, second: Gateway) -> None:
        session, _ = await first.join()
        await first.follow(session, "user.bob")
        first.recovery.forget(session)
        first.hub.leave(session)
        assert await saved(first, session) == []
        assert not (await second.join(session))[1]

    between(work)
