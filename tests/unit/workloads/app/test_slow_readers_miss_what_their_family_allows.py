"""A family says what becomes of a socket that reads more slowly than is written; a gap is told."""

from collections.abc import AsyncIterator

import pytest

from notifications.app.board import Board
from notifications.domain.families import Family, Slow
from tests.support.waiting import eventually
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import NOW, Device, World

FAMILIES = {"prices": Family("prices", slow=Slow.KEEP_LATEST), "news": Family("news", slow=Slow.DROP_OLDEST)}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.board = Board(world.log, world.bus, lambda: NOW, world.tasks, FAMILIES)
    yield world
    await world.tasks.stop()


def read_again(device: Device) -> None:
    device.room = float("inf")
    device.emptied.set()


async def test_with_keep_latest_the_newest_of_each_topic_is_shown_after_the_gap_is_told(world: World) -> None:
    device = Device(room=1)
    await world.follow(world.open(device), "prices.*")
    await world.say("prices.oil", 1)
    for price in range(2, 500):
        await world.say("prices.oil" if price % 2 else "prices.gold", price)
    read_again(device)
    await eventually(lambda: len(device.said()) == 3)
    assert device.events("topic:gap") == [{"topic": "prices.*", "reason": "slow"}]
    assert device.said() == [1, 498, 499]
    assert [event for event, _ in device.sent] == ["topic:message", "topic:gap", "topic:message", "topic:message"]


async def test_with_keep_latest_who_missed_but_one_of_a_topic_misses_nothing(world: World) -> None:
    device = Device(room=1)
    await world.follow(world.open(device), "prices.*")
    for name in ("oil", "gold", "silver"):
        await world.say(f"prices.{name}", name)
    read_again(device)
    await eventually(lambda: device.said() == ["oil", "gold", "silver"])
    assert not device.events("topic:gap")


async def test_with_drop_oldest_it_goes_on_with_what_is_said_from_then_on(world: World) -> None:
    device = Device(room=1)
    follower = world.open(device)
    await world.follow(follower, "news.sport")
    for number in range(100):
        await world.say("news.sport", number)
    read_again(device)
    await eventually(lambda: all(following.live for following in follower.followings.values()))
    await world.say("news.sport", "live")
    assert device.said() == [0, "live"]
    assert device.events("topic:gap") == [{"topic": "news.sport", "reason": "slow"}]


async def test_without_a_word_of_its_family_it_is_shown_everything(world: World) -> None:
    device = Device(room=1)
    await world.follow(world.open(device), "orders.1")
    for number in range(300):
        await world.say("orders.1", number)
    read_again(device)
    await eventually(lambda: len(device.said()) == 300)
    assert device.said() == [*range(300)]
    assert not device.events("topic:gap")


async def test_what_is_replayed_on_request_is_replayed_whole_in_any_family(world: World) -> None:
    await world.follow(world.open(Device()), "prices.oil")
    follower = world.open(Device())
    await world.follow(follower, "prices.oil")
    first = await world.say("prices.oil", 0)
    for price in range(1, 300):
        await world.say("prices.oil", price)
    device = Device()
    at = await world.position(follower)
    since = type(at)(0, 0, at.topics_epoch, first)
    assert await world.follow(world.open(device), "prices.oil", since)
    await eventually(lambda: len(device.said()) == 299)
    assert not device.events("topic:gap")
