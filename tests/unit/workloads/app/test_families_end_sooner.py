"""What is said in a family that has an age is over by then, or sooner if whoever said it wants so."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.app.access import Access
from notifications.app.history import History
from notifications.app.speaker import Speaker, Speech
from notifications.domain.access import Rule
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.topics import read_pattern, read_topic

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRODUCER = Principal(
    UserKey("acme", "app"), NOON, roles=frozenset({"admin"}), scopes=frozenset({"notifications:write"})
)


class Town:
    """Somebody who speaks and reads, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOON
        log, rooms = MemoryTopicLog(), MemoryRooms(MemoryStore(self.clock), self.clock)
        access = Access(rooms, None, {"news": Rule.EVERYONE, "orders": Rule.EVERYONE}, asyncio.get_running_loop().time)
        self.speaker = Speaker(log, access, self.clock, lambda at: uuid4(), {"news": 60, "group": 60})
        self.history = History(log, access, self.clock)

    def clock(self) -> datetime:
        return self.now

    async def publish(self, topic: str, lives: float | None = None) -> None:
        expires_at = self.now + timedelta(seconds=lives) if lives else None
        await self.speaker.publish(PRODUCER, Speech(read_topic("acme", topic), topic, {}, expires_at))

    async def count(self, after: float) -> int:
        """How many messages are shown then."""
        self.now = NOON + timedelta(seconds=after)
        return len((await self.history.read(PRODUCER, read_pattern("acme", ">"), None, 100)).messages)


@pytest.fixture
async def town() -> Town:
    return Town()


async def test_a_family_with_an_age_forgets_and_others_do_not(town: Town) -> None:
    await town.publish("news.sport")
    await town.speaker.say(PRODUCER, "group:7", "hello")
    await town.publish("orders.eu")

    assert [await town.count(after) for after in (59.9, 60, 86_400)] == [3, 1, 1]


async def test_what_is_to_end_sooner_does_and_nothing_lasts_longer(town: Town) -> None:
    await town.publish("news.sport", lives=10)
    await town.publish("news.sport", lives=3_600)

    assert [await town.count(after) for after in (9.9, 10, 60)] == [2, 1, 0]
