"""A gateway compares the ends of topics with what it heard, without asking for those that cannot have changed."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from notifications.app import board, probe
from notifications.domain.topics import Topic
from tests.support.waiting import eventually
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import Device, World, lose
from tests.unit.workloads.app.world import in_virtual_time


class Looks:
    """Keeps what the log was asked for: names of topics, and after which number."""

    def __init__(self, world: World) -> None:
        self.asked: list[tuple[set[str], int]] = []
        self.lags = 0
        """How often the log answers as if it had not heard of anything yet."""
        self._find_last = world.log.find_last
        world.log.find_last = self.find_last  # type: ignore[method-assign]

    async def find_last(self, topics: Sequence[Topic], after: int = 0) -> dict[str, int]:
        self.asked.append(({topic.name for topic in topics}, after))
        if self.lags:
            self.lags -= 1
            return {}
        return await self._find_last(topics, after)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (board, probe):
        monkeypatch.setattr(module, "TOPIC_PROBE", 0.02)
    monkeypatch.setattr(probe, "TOPIC_SETTLED", 0.005)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    world = World()
    world.tasks.start(world.board.run(), "probe")
    yield world
    await world.tasks.stop()


async def follow(world: World, *topics: str) -> Device:
    device = Device()
    follower = world.open(device)
    for topic in topics:
        await world.follow(follower, topic)
    return device


async def test_topics_that_were_heard_are_left_out_and_of_the_others_only_news_is_asked(world: World) -> None:
    looks = Looks(world)
    await follow(world, "orders.1", "orders.2", "news.*")
    await world.say("orders.1", "first")
    await eventually(lambda: looks.asked)
    assert looks.asked[0] == ({"orders.2", "news.*"}, 0)
    await eventually(lambda: len(looks.asked) == 2)
    assert looks.asked[1] == ({"orders.1", "orders.2", "news.*"}, 0)
    seq = await world.say("orders.2", "second")
    await eventually(lambda: len(looks.asked) == 3)
    assert looks.asked[2] == ({"orders.1", "news.*"}, seq - 1)


async def test_while_nothing_is_said_the_log_is_not_asked(world: World) -> None:
    looks = Looks(world)
    await follow(world, "orders.1")
    await world.say("orders.1", "first")
    await eventually(lambda: len(looks.asked) == 2)
    await asyncio.sleep(0.2)
    assert len(looks.asked) == 2


@pytest.mark.parametrize("topic", ["orders.1", "orders.*"])
async def test_a_lost_end_of_a_topic_that_was_just_heard_is_found_by_the_next_look(world: World, topic: str) -> None:
    device = await follow(world, topic, "orders.2")
    await world.say("orders.2", "heard")
    await world.say("orders.1", "heard as well")
    lose(world, lambda _: True)
    await world.say("orders.1", "lost")
    await eventually(lambda: device.said() == ["heard", "heard as well", "lost"])


async def test_a_lost_end_is_found_though_the_log_that_answers_lags_once(world: World) -> None:
    looks = Looks(world)
    device = await follow(world, "orders.1")
    lose(world, lambda _: True)
    looks.lags = 1
    await world.say("orders.1", "lost")
    await eventually(lambda: device.said() == ["lost"])


async def test_a_wiped_log_is_looked_at_from_its_beginning(world: World) -> None:
    looks = Looks(world)
    device = await follow(world, "orders.1")
    for number in range(3):
        await world.say("orders.1", number)
    await eventually(lambda: len(looks.asked) == 2)
    lose(world, lambda _: True)
    world.log.wipe()
    await world.say("orders.1", "new")
    await eventually(lambda: device.said() == [0, 1, 2, "new"])


def test_looks_after_joins_do_not_shorten_how_long_a_number_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    monkeypatch.setattr(probe, "TOPIC_PROBE", 0.4)
    monkeypatch.setattr(probe, "TOPIC_PROBE_AFTER_JOIN", 0.01)

    async def work() -> list[object]:
        world = World()
        world.tasks.start(world.board.run(), "probe")
        looks, device = Looks(world), await follow(world, "orders.1")
        await world.say("orders.1", "heard")
        lose(world, lambda _: True)
        looks.lags = 10
        await world.say("orders.1", "lost")
        for number in range(5):
            await follow(world, f"news.{number}")
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)
        await world.tasks.stop()
        return device.said()

    assert in_virtual_time(work) == ["heard", "lost"]
