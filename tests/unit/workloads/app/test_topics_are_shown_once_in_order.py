"""The topics of a gateway: each message once to each socket, in order, whatever is lost on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.app.board import Board, Wish
from notifications.app.follower import Follower, Following
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Unavailable
from notifications.domain.filters import read_filter
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import Entry, Topic, read_pattern
from notifications.domain.window import Window
from tests.support.waiting import eventually

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(eq=False)
class Device:
    """A socket that keeps what it is sent; `room` is how many more events it takes."""

    id: str = "device"
    session: str = "gateway~1"
    room: float = float("inf")
    sent: list[tuple[str, object]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    emptied: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    is_busy: bool = False

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        if len(self.sent) >= self.room:
            return False
        self.sent.append((event, json.loads(body)))
        return True

    def gather(self, event: str, body: str, window: Window, on_leave: Callable[[], None]) -> bool:
        self.windows.append(window)
        return self.send(event, body)

    def flush(self) -> None: ...

    async def drained(self) -> None:
        if len(self.sent) >= self.room:
            await self.emptied.wait()

    def close(self) -> None:
        self.closed = True

    def dismiss(self) -> None: ...

    def said(self) -> list[object]:
        return [body["payload"] for event, body in self.sent if event == "topic:message"]  # type: ignore[index]

    def events(self, name: str) -> list[object]:
        return [body for event, body in self.sent if event == name]


class World:
    """A log, and gateways that follow it."""

    def __init__(self) -> None:
        self.log = MemoryTopicLog()
        self.tasks = Tasks()
        self.bus = MemoryTopicBus(self.log)
        self.board = Board(self.log, self.bus, lambda: NOW, self.tasks)

    def open(self, device: Device) -> Follower:
        return self.board.make_follower(device, lambda: None)

    async def say(self, topic: str, payload: object, *, expires_at: int | None = None) -> int:
        text = json.dumps({"id": str(uuid4()), "topic": topic, "payload": payload})
        message = TopicMessage("topic:message", 0, text, expires_at)
        return await self.log.append(Topic("acme", tuple(topic.split("."))), pack(message), uuid4())

    async def follow(self, follower: Follower, topic: str, since: Cursor | None = None, **wish: object) -> bool:
        filter = read_filter(wish["filter"]) if "filter" in wish else None
        return await self.board.follow(follower, Wish(read_pattern("acme", topic), since, filter))

    def followings(self, topic: str) -> list[Following]:
        interest = self.board._interests.get(read_pattern("acme", topic))
        return list(interest.followers.values()) if interest else []

    async def position(self, follower: Follower) -> Cursor:
        return Cursor(0, 0, follower.epoch, follower.position)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.tasks.stop()


def lose(world: World, which: Callable[[Entry], bool]) -> None:
    world.bus.loses = which


async def test_what_is_said_from_now_on_is_shown(world: World) -> None:
    device = Device()
    await world.say("orders.1", "before")
    await world.follow(world.open(device), "orders.1")
    await world.say("orders.1", "first")
    await world.say("orders.2", "elsewhere")
    await world.say("orders.1", "second")
    assert device.said() == ["first", "second"]


async def test_who_is_gone_before_a_topic_is_followed_follows_nothing(world: World) -> None:
    follower = world.open(Device())
    following = asyncio.create_task(world.follow(follower, "orders.1"))
    await asyncio.sleep(0)
    follower.close()
    with pytest.raises(Unavailable):
        await following
    assert not follower.followings
    assert world.board.sockets(Topic("acme", ("orders", "1"))) == []


async def test_overlapping_subscriptions_show_a_message_once(world: World) -> None:
    device = Device()
    follower = world.open(device)
    for topic in ("orders.eu.1", "orders.eu.*", "orders.eu.>"):
        await world.follow(follower, topic)
    await world.say("orders.eu.1", "once")
    await world.say("orders.eu.1.lines", "below")
    assert device.said() == ["once", "below"]


async def test_a_filter_leaves_out_what_nobody_wants(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "orders.1", filter={"state": ["open"]})
    await world.say("orders.1", {"state": "closed"})
    await world.say("orders.1", {"state": "open"})
    assert device.said() == [{"state": "open"}]


async def test_what_was_missed_is_replayed_in_order_and_marked(world: World) -> None:
    device = Device()
    await world.follow(world.open(Device()), "orders.1")
    numbers = [await world.say("orders.1", number) for number in range(450)]
    assert await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, numbers[99]))
    await eventually(lambda: len(device.said()) == 350)
    assert device.said() == [*range(100, 450)]
    assert all(body["replayed"] for body in device.events("topic:message"))  # type: ignore[index]


async def test_what_is_said_during_a_replay_comes_once_and_behind_it(world: World) -> None:
    device = Device()
    for number in range(1_000):
        await world.say("orders.1", number)
    await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, 0))
    for number in range(1_000, 1_500):
        await world.say("orders.1", number)
        await asyncio.sleep(0)
    await eventually(lambda: len(device.said()) >= 1_500)
    assert device.said() == list(range(1_500))


async def test_a_lost_message_is_read_from_the_log_before_what_follows_it(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda entry: entry.seq in (2, 3))
    for number in range(1, 6):
        await world.say("orders.1", number)
    await eventually(lambda: len(device.said()) == 5)
    assert device.said() == [1, 2, 3, 4, 5]


async def test_nothing_of_any_topic_overtakes_what_is_being_read(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    await world.follow(follower, "orders.2")
    lose(world, lambda entry: entry.seq == 1)
    await world.say("orders.1", "lost")
    await world.say("orders.1", "shows the gap")
    await world.say("orders.2", "elsewhere")
    assert device.said() == []
    await eventually(lambda: len(device.said()) == 3)
    assert device.said() == ["lost", "shows the gap", "elsewhere"]


async def test_a_lost_end_is_found_by_looking(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "orders.*")
    lose(world, lambda _: True)
    await world.say("orders.1", "lost")
    await eventually(lambda: device.said() == ["lost"], within=10)


async def test_after_an_outage_nothing_new_is_shown_before_what_was_missed(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    await world.follow(follower, "orders.2")
    lose(world, lambda _: True)
    await world.say("orders.1", "during the outage")
    lose(world, lambda _: False)
    world.board.suspect()
    await world.say("orders.2", "after it")
    await eventually(lambda: len(device.said()) == 2)
    assert device.said() == ["during the outage", "after it"]


async def test_a_log_that_begins_anew_is_told_and_followed(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    await world.say("orders.1", "old")
    before = await world.position(follower)
    world.log.wipe()
    await world.say("orders.1", "new")
    world.board.suspect()
    await eventually(lambda: device.said() == ["old", "new"])
    assert device.events("topic:gap") == [{"topic": "orders.1", "reason": "epoch"}]
    assert not await world.follow(world.open(Device()), "orders.1", before)


async def test_what_retention_took_is_not_claimed_to_be_recovered(world: World) -> None:
    numbers = [await world.say("orders.1", number) for number in range(10)]
    world.log.trim(5)
    assert not await world.follow(world.open(Device()), "orders.1", Cursor(0, 0, 1, numbers[1]))
    assert await world.follow(world.open(Device()), "orders.1", Cursor(0, 0, 1, numbers[3]))


async def test_a_gap_that_cannot_be_filled_is_told(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda entry: entry.seq < 3)
    await world.say("orders.1", 1)
    await world.say("orders.1", 2)
    await world.say("orders.1", 3)
    world.log.trim(3)
    await eventually(lambda: device.said() == [3])
    assert device.events("topic:gap") == [{"topic": "orders.1", "reason": "lost"}]


async def test_what_is_over_is_not_shown(world: World) -> None:
    device = Device()
    await world.say("orders.1", "over", expires_at=int(NOW.timestamp() * 1000))
    await world.say("orders.1", "not yet", expires_at=int(NOW.timestamp() * 1000) + 1)
    await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, 0))
    await eventually(lambda: device.said() == ["not yet"])


async def test_a_socket_without_room_gets_the_rest_when_it_has_read(world: World) -> None:
    device = Device(room=3)
    await world.follow(world.open(device), "orders.1")
    for number in range(6):
        await world.say("orders.1", number)
    assert device.said() == [0, 1, 2]
    device.room = float("inf")
    device.emptied.set()
    await eventually(lambda: device.said() == [0, 1, 2, 3, 4, 5])


async def test_a_position_covers_only_what_was_shown(world: World) -> None:
    device = Device(room=2)
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    for number in range(4):
        await world.say("orders.1", number)
    assert follower.position == 2


async def test_a_position_moves_with_what_others_are_shown(world: World) -> None:
    quiet, loud = world.open(Device()), world.open(Device())
    await world.follow(quiet, "orders.1")
    await world.follow(loud, "orders.2")
    seq = await world.say("orders.2", "not for the first")
    assert quiet.advance()
    assert quiet.position == seq
    assert not quiet.advance()


async def test_who_has_left_is_shown_nothing_more(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    assert world.board.unfollow(follower, read_pattern("acme", "orders.1"))
    assert not world.board.unfollow(follower, read_pattern("acme", "orders.1"))
    await world.say("orders.1", "too late")
    assert device.said() == []


async def test_who_follows_again_without_a_position_goes_on_where_it_stands(world: World) -> None:
    device = Device()
    follower = world.open(device)
    assert not await world.follow(follower, "orders.1")
    since = await world.position(follower)
    follower.close()
    for state in ("closed", "open", "open"):
        await world.say("orders.1", {"state": state})
    back = world.open(device)
    assert await world.follow(back, "orders.1", since)
    assert await world.follow(back, "orders.1", filter={"state": ["open"]}), "what was missed is still to come"
    assert device.said() == []
    await eventually(lambda: device.said() == [{"state": "open"}] * 2)
    await eventually(lambda: back.followings[read_pattern("acme", "orders.1")].live)
    assert await world.follow(back, "orders.1")
    await world.say("orders.1", "live")
    assert device.said() == [{"state": "open"}] * 2 + ["live"]


async def test_one_who_leaves_a_topic_does_not_make_others_see_it_twice(world: World) -> None:
    device = Device()
    leaver = world.open(Device())
    await world.follow(world.open(device), "orders.>")
    await world.follow(leaver, "orders.1")
    await world.say("orders.1", 1)
    leaver.close()
    await world.say("orders.1", 2)
    assert device.said() == [1, 2]
