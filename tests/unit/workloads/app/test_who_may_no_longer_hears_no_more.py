"""A refreshed token, a removed member and another verdict end what is followed; what cannot be told ends nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.app.access import Access
from notifications.app.board import Board, Wish
from notifications.app.hub import Arrival, Hub
from notifications.app.permits import Permits
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import PERMITS_AT_ONCE, PERMITS_EVERY
from notifications.domain.notification import UserKey
from notifications.domain.rooms import Seat
from notifications.domain.topics import read_pattern
from notifications.ports.authorizer import Question, Verdict
from tests.unit.workloads.app.world import BOB, MemorySocket, Reports, clock, in_virtual_time, principal

A_ROUND = PERMITS_EVERY + 5


class Rooms(MemoryRooms):
    """May be away, and remembers how many seats were asked for at once."""

    is_away = False
    asked = 0

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        self.asked = max(self.asked, len(seats))
        if self.is_away:
            raise Unavailable("the database did not answer")
        return await super().are_members(seats)


class Platform:
    """An authorizer that says the same to all."""

    allow = True

    async def ask(self, question: Question) -> Verdict:
        return Verdict(self.allow, 1)


class Town:
    """A gateway whose sockets follow topics, with rooms and an authorizer."""

    def __init__(self) -> None:
        store, log, tasks = MemoryStore(clock), MemoryTopicLog(), Tasks()
        self.rooms, self.platform = Rooms(store, clock), Platform()
        self.hub = Hub("gateway-0", store, MemoryInboxBus(), Reports(), tasks)
        self.board = Board(log, MemoryTopicBus(log), clock, tasks)
        access = Access(self.rooms, self.platform, {}, asyncio.get_running_loop().time)
        self.permits = Permits(self.hub, self.board, access, tasks)
        self.hub.on_refresh = self.permits.refresh

    async def join(self, *topics: str, user: str = "bob", groups: Sequence[str] = ()) -> Session:
        who = replace(principal(UserKey("demo", user)), groups=frozenset(groups))
        session = await self.hub.join(Arrival(MemorySocket(user), who))
        session.topics = self.board.make_follower(session.socket, lambda: None)
        for topic in topics:
            await self.board.follow(session.topics, Wish(read_pattern("demo", topic)))
        return session


def in_a_town(work: Callable[[Town], Awaitable[None]]) -> None:
    async def live() -> None:
        town = Town()
        rounds = asyncio.ensure_future(town.permits.run())
        await work(town)
        rounds.cancel()

    in_virtual_time(live)


def closed(session: Session) -> list[object]:
    assert isinstance(session.socket, MemorySocket)
    return [body for name, body, _ in session.socket.sent if name == "topic:closed"]


def followed(session: Session) -> list[str]:
    assert session.topics is not None
    return [topic.name for topic in session.topics.followings]


def test_a_token_without_the_group_ends_what_is_followed_of_it_and_nothing_else() -> None:
    async def work(town: Town) -> None:
        session = await town.join("group.7.>", "user.bob", groups=["7"])
        town.hub.refresh(session, principal(BOB))
        await asyncio.sleep(1)
        assert closed(session) == [{"topic": "group.7.>", "code": "FORBIDDEN"}]
        assert followed(session) == ["user.bob"]

    in_a_town(work)


def test_a_token_with_the_group_ends_nothing() -> None:
    async def work(town: Town) -> None:
        session = await town.join("group.7", groups=["7"])
        town.hub.refresh(session, session.principal)
        await asyncio.sleep(A_ROUND)
        assert (closed(session), followed(session)) == ([], ["group.7"])

    in_a_town(work)


def test_a_removed_member_hears_no_more_where_that_was_done_at_once() -> None:
    async def work(town: Town) -> None:
        for room in ("dm:1", "dm:2"):
            await town.rooms.join("demo", room, "bob")
        session = await town.join("dm.1", "dm.1.typing", "dm.2")
        await town.rooms.leave("demo", "dm:1", "bob")
        town.permits.revoke(Seat("demo", "dm:1", "bob"))
        await asyncio.sleep(1)
        assert (len(closed(session)), followed(session)) == (2, ["dm.2"])

    in_a_town(work)


def test_a_removed_member_hears_no_more_elsewhere_within_a_round() -> None:
    async def work(town: Town) -> None:
        await town.rooms.join("demo", "dm:1", "bob")
        session = await town.join("dm.1")
        await asyncio.sleep(A_ROUND)
        assert followed(session) == ["dm.1"]
        await town.rooms.leave("demo", "dm:1", "bob")
        await asyncio.sleep(A_ROUND)
        assert closed(session) == [{"topic": "dm.1", "code": "FORBIDDEN"}]

    in_a_town(work)


def test_an_authorizer_that_changes_its_mind_is_heard_within_a_round() -> None:
    async def work(town: Town) -> None:
        session = await town.join("post.1")
        await asyncio.sleep(A_ROUND)
        assert followed(session) == ["post.1"]
        town.platform.allow = False
        await asyncio.sleep(A_ROUND)
        assert followed(session) == []

    in_a_town(work)


def test_nothing_ends_while_members_cannot_be_read() -> None:
    async def work(town: Town) -> None:
        session = await town.join("dm.1")
        town.rooms.is_away = True
        town.permits.revoke(Seat("demo", "dm:1", "bob"))
        await asyncio.sleep(2 * A_ROUND)
        assert followed(session) == ["dm.1"]
        town.rooms.is_away = False
        await asyncio.sleep(A_ROUND)
        assert followed(session) == []

    in_a_town(work)


def test_a_socket_without_room_is_closed_so_that_it_asks_again() -> None:
    async def work(town: Town) -> None:
        session = await town.join("dm.1")
        assert isinstance(session.socket, MemorySocket)
        session.socket.room.clear()
        town.permits.revoke(Seat("demo", "dm:1", "bob"))
        await asyncio.sleep(1)
        assert session.socket.closed

    in_a_town(work)


def test_however_many_listen_few_are_asked_about_at_once() -> None:
    async def work(town: Town) -> None:
        sessions = [await town.join(*(f"dm.{n}" for n in range(9)), user=str(user)) for user in range(100)]
        await asyncio.sleep(A_ROUND)
        assert not any(map(followed, sessions))
        assert 0 < town.rooms.asked < PERMITS_AT_ONCE + 10

    in_a_town(work)
