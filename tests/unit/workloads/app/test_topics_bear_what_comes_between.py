"""Topics while others come and go, reads take their time, servers lag and the log is cut or lost: nothing is silent."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from notifications.app.board import Wish
from notifications.domain.cursor import Cursor
from notifications.domain.topics import LogPage, Topic, read_pattern
from tests.support.waiting import eventually
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import Device, World, lose


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.tasks.stop()


class Gate:
    """Holds back reads of some topics of `orders`, by their second token, until they are let through."""

    def __init__(self, world: World, *held: str) -> None:
        self._read = world.log.read
        self._gates = {name: asyncio.Event() for name in held}
        self.waiting: list[str] = []
        world.log.read = self.read  # type: ignore[method-assign]

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        page = await self._read(topic, after, limit)
        if gate := self._gates.get(topic.tokens[1]):
            self.waiting.append(topic.tokens[1])
            await gate.wait()
        return page

    def open(self, name: str) -> None:
        self._gates.pop(name).set()


async def test_who_comes_with_a_cursor_while_the_last_leaves_is_not_left_deaf(world: World) -> None:
    old, device = world.open(Device()), Device()
    await world.follow(old, "orders.1")
    seq = await world.say("orders.1", "before")
    joining = asyncio.create_task(world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, seq)))
    for _ in range(2):
        await asyncio.sleep(0)
    assert not joining.done()
    old.close()
    assert await joining
    await world.say("orders.1", "after")
    await eventually(lambda: device.said() == ["after"])


async def test_a_lost_end_is_found_though_another_topic_went_on(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    await world.follow(follower, "orders.2")
    lose(world, lambda entry: entry.seq == 1)
    await world.say("orders.1", "lost")
    await world.say("orders.2", "arrives")
    await eventually(lambda: "lost" in device.said())


async def test_leaving_and_coming_back_during_a_repair_holds_nothing_for_ever(world: World) -> None:
    leaver, stayer, device = world.open(Device()), world.open(Device()), Device()
    await world.follow(leaver, "orders.1")
    await world.follow(stayer, "orders.2")
    await world.follow(world.open(device), "orders.3")
    lose(world, lambda _: True)
    for topic in ("orders.1", "orders.2"):
        await world.say(topic, "lost")
    lose(world, lambda _: False)
    gate = Gate(world, "1", "2")
    world.board.suspect()
    await eventually(lambda: len(gate.waiting) == 2)
    leaver.close()
    gate.open("1")
    await world.follow(world.open(Device()), "orders.1")
    gate.open("2")
    await world.say("orders.3", "to somebody else")
    await eventually(lambda: device.said() == ["to somebody else"])


async def test_what_one_subscription_has_read_ahead_another_does_not_repeat(world: World) -> None:
    device = Device()
    follower = world.open(device)
    await world.follow(follower, "orders.1")
    await world.follow(world.open(Device()), "orders.9")
    first = await world.say("orders.1", "first")
    gate = Gate(world, "9")
    lose(world, lambda entry: entry.seq == 2)
    await world.say("orders.9", "lost")
    await world.say("orders.9", "shows the gap")
    await world.say("orders.1", "held, and in the log")
    assert await world.follow(follower, "orders.>", Cursor(0, 0, 1, first))
    await eventually(lambda: "held, and in the log" in device.said())
    gate.open("9")
    await world.say("orders.1", "last")
    await eventually(lambda: "last" in device.said())
    assert device.said().count("held, and in the log") == 1


async def test_a_slow_socket_is_told_what_retention_took_meanwhile(world: World) -> None:
    device = Device(room=3)
    await world.follow(world.open(device), "orders.1")
    for number in range(10):
        await world.say("orders.1", number)
    world.log.trim(9)
    device.room = float("inf")
    device.emptied.set()
    await eventually(lambda: device.said() == [0, 1, 2, 8, 9])
    assert device.events("topic:gap") == [{"topic": "orders.1", "reason": "lost"}]


async def test_a_slow_socket_of_which_retention_took_all_is_told_once_and_hears_what_follows(world: World) -> None:
    device = Device(room=1)
    await world.follow(world.open(device), "orders.1")
    for number in range(3):
        await world.say("orders.1", number)
    world.log.trim(4)
    device.room = float("inf")
    device.emptied.set()
    await eventually(lambda: all(each.live for each in world.followings("orders.1")))
    await world.say("orders.1", "after")
    await eventually(lambda: device.said() == [0, "after"])
    assert device.events("topic:gap") == [{"topic": "orders.1", "reason": "lost"}]


async def test_a_wipe_is_told_to_all_though_a_socket_without_room_leaves_all_its_topics(world: World) -> None:
    class Leaver(Device):
        def close(self) -> None:
            leaving.close()

    device = Device()
    leaving = world.open(Leaver(room=0))
    for follower in (leaving, world.open(device)):
        for topic in ("orders.1", "orders.2"):
            await world.follow(follower, topic)
    await world.say("orders.3", "to nobody")
    world.log.wipe()
    assert not await world.board.holds_all_after(Cursor(0, 0, 1, 1))
    assert leaving.followings == {}
    assert [gap["reason"] for gap in device.events("topic:gap")] == ["epoch", "epoch"]  # type: ignore[index]


async def test_a_replay_that_retention_overtakes_is_told(world: World) -> None:
    device = Device()
    for number in range(1000):
        await world.say("orders.1", number)
    gate = Gate(world, "1")
    assert await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, 0))
    await eventually(lambda: gate.waiting)
    world.log.trim(700)
    gate.open("1")
    await eventually(lambda: device.said()[-1:] == [999])
    assert {"topic": "orders.1", "reason": "lost"} in device.events("topic:gap")


async def test_a_read_under_way_at_a_wipe_hides_nothing_of_the_next_life(world: World) -> None:
    device = Device()
    for number in range(50):
        await world.say("orders.1", number)
    gate = Gate(world, "1")
    await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, 50))
    await eventually(lambda: gate.waiting)
    world.log.wipe()
    world.board.suspect()
    await eventually(lambda: device.events("topic:gap"))
    gate.open("1")
    await world.say("orders.1", "new")
    await eventually(lambda: device.said() == ["new"])


async def test_a_read_that_fails_sends_a_socket_away_rather_than_silence_it(world: World) -> None:
    device = Device(room=1)
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
    await world.follow(world.open(device), "orders.1")

    async def fail(topic: Topic, after: int, limit: int) -> LogPage:
        raise ValueError("not a number")

    world.log.read = fail  # type: ignore[method-assign]
    for number in range(2):
        await world.say("orders.1", number)
    device.room = float("inf")
    device.emptied.set()
    await eventually(lambda: failures)
    assert device.closed


async def test_a_server_that_lags_does_not_end_a_replay(world: World) -> None:
    device, answers = Device(), [LogPage((), 1, more=False)]
    first = await world.say("orders.1", "first")
    await world.say("orders.1", "second")
    read = world.log.read

    async def lag(topic: Topic, after: int, limit: int) -> LogPage:
        return answers.pop() if answers else await read(topic, after, limit)

    world.log.read = lag  # type: ignore[method-assign]
    assert await world.follow(world.open(device), "orders.1", Cursor(0, 0, 1, first))
    await eventually(lambda: device.said() == ["second"])


async def test_one_socket_that_fails_does_not_keep_from_others_what_they_wait_for(world: World) -> None:
    class Broken(Device):
        def send(self, event: str, body: str, cursor: str | None = None) -> bool:
            raise RuntimeError

    broken, device = Broken(), Device()
    await world.follow(world.open(broken), "orders.1")
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda entry: entry.seq == 1)
    for number in range(4):
        await world.say("orders.1", number)
    await eventually(lambda: device.said() == [0, 1, 2, 3])
    assert broken.closed


async def test_no_position_passes_what_is_about_to_be_followed(world: World) -> None:
    follower = world.open(Device())
    await world.say("orders.1", "first")
    await world.say("orders.2", "second")
    follower.pinned = 0
    await world.follow(follower, "orders.1", Cursor(0, 0, 1, 0))
    await eventually(lambda: all(following.live for following in follower.followings.values()))
    assert follower.position == 0
    await world.follow(follower, "orders.2", Cursor(0, 0, 1, 0))
    await eventually(lambda: all(following.live for following in follower.followings.values()))
    await world.say("orders.2", "third")
    assert follower.position == 0
    follower.pinned = None
    assert follower.position == 3


async def test_wildcards_are_found_by_their_first_tokens_and_wide_ones_always(world: World) -> None:
    devices = {topic: Device() for topic in ("orders.1.>", "orders.*.x", ">", "orders.2.>")}
    for topic, device in devices.items():
        await world.board.follow(world.open(device), Wish(read_pattern("acme", topic)))
    await world.say("orders.1.x", "hello")
    heard = [topic for topic, device in devices.items() if device.said() == ["hello"]]
    assert heard == ["orders.1.>", "orders.*.x", ">"]


async def test_a_topic_of_one_token_is_heard_through_wide_wildcards_once(world: World) -> None:
    device = Device()
    await world.board.follow(world.open(device), Wish(read_pattern("acme", "*")))
    await world.say("news", "hello")
    (interest,) = world.board._interests.matching(Topic("acme", ("news",)).subject)
    assert interest.topic.name == "*"
    assert device.said() == ["hello"]
