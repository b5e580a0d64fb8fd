"""Live messages gather by the window of their family, or by that which a client asked for; what is urgent does not."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from notifications.app.board import Board
from notifications.app.followers import Followers
from notifications.app.reader import InboxReader
from notifications.app.session import Session
from notifications.domain.cursor import Cursor
from notifications.domain.families import Family
from notifications.domain.introduction import read_introduction
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import Topic
from notifications.domain.window import MOMENT, NO_WINDOW, Window
from tests.support.waiting import eventually
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import NOW, Device, World
from tests.unit.workloads.app.world import Reports, principal, store_with

PRICES = Window(20, 50)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    families = {"prices": Family("prices", window=PRICES), "news": Family("news")}
    world.board = Board(world.log, world.bus, lambda: NOW, world.tasks, families)
    yield world
    await world.tasks.stop()


async def shout(world: World, topic: str, payload: object) -> None:
    text = json.dumps({"id": str(uuid4()), "topic": topic, "payload": payload})
    message = TopicMessage("topic:message", 0, text, urgent=True)
    await world.log.append(Topic("acme", tuple(topic.split("."))), pack(message), uuid4())


async def test_a_message_gathers_by_the_window_of_its_family(world: World) -> None:
    device = Device()
    follower = world.open(device)
    for topic in ("prices.oil", "news.sport", "orders.1"):
        await world.follow(follower, topic)
        await world.say(topic, topic)
    assert device.said() == ["prices.oil", "news.sport", "orders.1"]
    assert device.windows == [PRICES]


async def test_a_wildcard_has_the_window_of_each_family_that_it_matches(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), ">")
    for topic in ("news.sport", "prices.oil"):
        await world.say(topic, topic)
    assert device.said() == ["news.sport", "prices.oil"]
    assert device.windows == [PRICES]


async def test_what_is_urgent_does_not_wait(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "prices.oil")
    await shout(world, "prices.oil", "now")
    assert device.said() == ["now"]
    assert not device.windows


@pytest.mark.parametrize(("window", "gathered"), [(Window(50, 10), [Window(50, 10)] * 2), (NO_WINDOW, [])], ids=str)
async def test_what_a_client_asks_for_counts_for_all_families(
    world: World, window: Window, gathered: list[Window]
) -> None:
    device = Device()
    follower = world.open(device)
    follower.window = window
    for topic in ("prices.oil", "news.sport"):
        await world.follow(follower, topic)
        await world.say(topic, topic)
    assert device.said() == ["prices.oil", "news.sport"]
    assert device.windows == gathered


async def test_what_is_replayed_does_not_wait(world: World) -> None:
    device = Device()
    await world.follow(world.open(Device()), "prices.oil")
    numbers = [await world.say("prices.oil", number) for number in range(30)]
    await world.follow(world.open(device), "prices.oil", Cursor(0, 0, 1, numbers[9]))
    await eventually(lambda: device.said() == [*range(10, 30)])
    assert not device.windows


async def test_a_session_follows_by_what_its_client_has_introduced_itself_with(world: World) -> None:
    reader = InboxReader(await store_with(0))
    session = Session(Device(), principal(), reader, Reports(), world.tasks)
    session.introduction = read_introduction(None, None, {"messages": 30})
    assert Followers(world.board).of(session).window == Window(30, 100)


async def test_what_comes_to_a_client_that_was_just_written_to_waits_a_moment_for_more(world: World) -> None:
    device = Device()
    await world.follow(world.open(device), "orders.1")
    for device.is_busy in (False, True, False):
        await world.say("orders.1", device.is_busy)
    assert device.said() == [False, True, False]
    assert device.windows == [MOMENT]


async def test_urgent_messages_and_clients_that_want_no_window_wait_no_moment_either(world: World) -> None:
    calm, hurried = Device(is_busy=True), Device(is_busy=True)
    await world.follow(world.open(calm), "orders.1")
    follower = world.open(hurried)
    follower.window = NO_WINDOW
    await world.follow(follower, "orders.1")
    await shout(world, "orders.1", "fire")
    await world.say("orders.1", "smoke")
    assert calm.windows == [MOMENT]
    assert not hurried.windows
