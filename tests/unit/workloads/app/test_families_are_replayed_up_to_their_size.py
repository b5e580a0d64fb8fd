"""A family says how much of it is replayed at once: who missed more is told that it is not recovered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.adapters.socketio.topic_events import TopicEvents
from notifications.app.access import Access
from notifications.app.session import Session
from notifications.app.speaker import Speaker
from notifications.clock import make_id
from notifications.domain.cursor import Cursor, encode
from notifications.domain.families import Family
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import Topic
from tests.unit.workloads.app.test_what_is_followed_is_saved_for_a_return import Gateway, Sessions
from tests.unit.workloads.app.world import MemorySocket, clock, in_virtual_time

SIZE = 200_000
START = Cursor(0, 0, 1, 0)


class Place:
    """A gateway with a session of bob, whose topics are replayed up to SIZE."""

    def __init__(self, log: MemoryTopicLog, inbox: MemoryStore) -> None:
        self.log = log
        self.gateway = Gateway(Sessions(), log, inbox, {"user": Family("user", max_bytes=SIZE)})
        access = Access(MemoryRooms(inbox, clock), None, {}, asyncio.get_running_loop().time)
        speaker = Speaker(log, access, clock, make_id)
        self.events = TopicEvents(self.gateway.board, access, speaker, self.gateway.recovery)

    async def say(self, size: int, topic: str = "user.bob", expires_at: int | None = None) -> None:
        """Say something that takes `size` bytes of the log."""
        empty = pack(TopicMessage("topic:message", 0, '{"pad":""}', expires_at))
        body = empty.replace(b'""', b'"%s"' % (b"x" * (size - len(empty))))
        await self.log.append(Topic("demo", tuple(topic.split("."))), body, uuid4())

    async def ask(self, session: Session, event: str, wish: dict[str, Any]) -> dict[str, object]:
        return await self.events.handlers[event](session, (wish,))


def at_a(work: Callable[[Place], Awaitable[None]]) -> None:
    async def live() -> None:
        place = Place(MemoryTopicLog(), MemoryStore(clock))
        await work(place)
        place.gateway.die()

    in_virtual_time(live)


def names(session: Session) -> list[str]:
    assert isinstance(session.socket, MemorySocket)
    return session.socket.names()


async def shown(session: Session) -> int:
    await asyncio.sleep(1)
    return names(session).count("topic:message")


@pytest.mark.parametrize(
    ("sizes", "recovered"),
    [([1_000] * 200, True), ([1_000] * 201, False), ([20_000] * 10, True), ([20_000] * 10 + [100], False)],
)
@pytest.mark.parametrize("topic", ["user.bob", "user.bob.>"])
def test_who_missed_more_is_not_recovered_and_hears_what_comes(topic: str, sizes: list[int], recovered: bool) -> None:
    async def work(place: Place) -> None:
        session, _ = await place.gateway.join()
        for size in sizes:
            await place.say(size, "user.bob.more" if topic.endswith(">") else topic)
        answer = await place.ask(session, "topic:subscribe", {"topic": topic, "since": encode(START)})
        assert answer["recovered"] is recovered
        assert await shown(session) == (len(sizes) if recovered else 0)
        await place.say(100, "user.bob.more" if topic.endswith(">") else topic)
        assert await shown(session) == (len(sizes) if recovered else 0) + 1

    at_a(work)


def test_who_follows_it_already_and_missed_more_is_told_so() -> None:
    async def work(place: Place) -> None:
        session, _ = await place.gateway.join()
        await place.ask(session, "topic:subscribe", {"topic": "user.bob"})
        for _ in range(201):
            await place.say(1_000)
        wish = {"topic": "user.bob", "since": encode(START)}
        assert (await place.ask(session, "topic:subscribe", wish))["recovered"] is False
        await place.ask(session, "subscriptions:sync", {"subscriptions": [wish]})
        assert names(session).count("topic:gap") == 1
        assert await shown(session) == 201

    at_a(work)


def test_what_is_over_and_what_was_said_elsewhere_does_not_count() -> None:
    async def work(place: Place) -> None:
        session, _ = await place.gateway.join()
        for _ in range(300):
            await place.say(1_000, expires_at=1)
            await place.say(1_000, "user.ann")
        await place.say(1_000)
        answer = await place.ask(session, "topic:subscribe", {"topic": "user.bob", "since": encode(START)})
        assert answer["recovered"] is True
        assert await shown(session) == 1

    at_a(work)


def test_a_stock_client_comes_back_to_no_more_than_that() -> None:
    async def work(place: Place) -> None:
        session, _ = await place.gateway.join()
        await place.gateway.follow(session, "user.bob")
        await place.say(100)
        place.gateway.hub.leave(session)
        for _ in range(10):
            await place.say(20_000)
        returned, is_back = await place.gateway.join(session)
        assert is_back
        assert await shown(returned) == 10
        place.gateway.hub.leave(returned)
        for _ in range(11):
            await place.say(20_000)
        assert (await place.gateway.join(returned))[1] is False

    at_a(work)
