"""However much was lost on the way, it is read and shown a little at a time, in one order."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.app import backlog, held
from notifications.app.backlog import BEYOND, Backlog
from notifications.app.log_reader import LogReader
from notifications.domain.limits import TOPIC_READS
from notifications.domain.topics import LogPage, Topic
from tests.support.waiting import eventually
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import NOW, Device, World, lose

STRETCH = 2_000


def topic(number: int) -> Topic:
    return Topic("acme", ("orders", str(number)))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.tasks.stop()


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "TOPIC_STRETCH", STRETCH)
    monkeypatch.setattr(backlog, "TOPIC_STRETCH_ENTRIES", 40)


async def read_all(log: MemoryTopicLog, subjects: int) -> tuple[list[int], list[int]]:
    """Return the numbers in the order in which they were handed out, and the bytes of each stretch."""
    read = Backlog(LogReader(log, lambda: NOW), lambda _: 0, lambda _: pytest.fail("nothing is lost"))
    for subject, upto in (await log.find_last([topic(number) for number in range(subjects)])).items():
        read.want(subject, upto)
    numbers, sizes, end = list[int](), list[int](), 0
    while end != BEYOND:
        stretch = await read.read()
        ready = sorted(entry.seq for entry in stretch.entries)
        assert all(end < number <= stretch.end for number in ready)
        end = stretch.end
        numbers += ready
        sizes.append(sum(len(entry.body) for entry in stretch.entries))
    return numbers, sizes


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(1, 900)), max_size=300))
def test_all_subjects_are_handed_out_in_one_order_and_never_more_than_a_stretch(said: list[tuple[int, int]]) -> None:
    async def work() -> None:
        log = MemoryTopicLog()
        for number, size in said:
            await log.append(topic(number), b"x" * size, uuid4())
        numbers, sizes = await read_all(log, 26)
        assert numbers == [*range(1, len(said) + 1)]
        assert all(size <= STRETCH for size in sizes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backlog, "TOPIC_STRETCH", STRETCH)
        patch.setattr(backlog, "TOPIC_STRETCH_ENTRIES", 40)
        asyncio.run(work())


async def test_one_that_is_larger_than_a_stretch_is_handed_out_by_itself() -> None:
    log = MemoryTopicLog()
    for number in range(3):
        await log.append(topic(number), b"x" * 2 * STRETCH, uuid4())
    numbers, sizes = await read_all(log, 3)
    assert numbers == [1, 2, 3]
    assert max(sizes) == 2 * STRETCH


async def test_a_busy_topic_is_read_in_large_pages_though_many_quiet_ones_wait() -> None:
    log, limits = MemoryTopicLog(), list[int]()
    for _ in range(400):
        await log.append(topic(0), b"x", uuid4())
    for number in range(1, 200):
        await log.append(topic(number), b"x", uuid4())
    read = log.read

    async def count(topic: Topic, after: int, limit: int) -> LogPage:
        limits.append(limit)
        return await read(topic, after, limit)

    log.read = count  # type: ignore[method-assign]
    assert len((await read_all(log, 200))[0]) == 599
    assert max(limits) == 40 // TOPIC_READS
    assert len(limits) < 16 * 400


async def test_what_is_repaired_and_what_comes_meanwhile_is_shown_in_one_order_once(world: World) -> None:
    device = Device()
    follower = world.open(device)
    for number in range(5):
        await world.follow(follower, f"orders.{number}")
    lose(world, lambda _: True)
    for number in range(500):
        await world.say(f"orders.{number % 5}", number)
    lose(world, lambda _: False)
    for number in range(500, 1_000):
        await world.say(f"orders.{number % 5}", number)
        await asyncio.sleep(0)
    await eventually(lambda: len(device.said()) >= 1_000)
    assert device.said() == [*range(1_000)]


async def test_sockets_are_written_to_while_a_backlog_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "TOPIC_STRETCH", 1024 * 1024)
    monkeypatch.setattr(backlog, "TOPIC_STRETCH_ENTRIES", 2_000)
    device, steps = Device(), [0]
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda _: True)
    for number in range(2_000):
        await world.say("orders.1", number)
    world.board.suspect()
    while steps[-1] < 2_000:
        await asyncio.sleep(0)
        steps.append(len(device.said()))
    assert max(later - earlier for earlier, later in pairwise(steps)) <= 200


async def test_what_waits_is_bounded_and_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 1_000)
    device = Device()
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda entry: entry.seq == 1)
    for number in range(100):
        await world.say("orders.1", number)
    assert len(world.board._order._held) < 20
    await eventually(lambda: len(device.said()) == 100)
    assert device.said() == [*range(100)]


async def test_a_log_that_begins_anew_while_it_is_read_is_shown_from_its_beginning(world: World) -> None:
    device, read, reading = Device(), world.log.read, asyncio.Event()
    await world.follow(world.open(device), "orders.1")
    lose(world, lambda _: True)
    for number in range(100):
        await world.say("orders.1", f"old {number}")

    async def wipe(topic: Topic, after: int, limit: int) -> LogPage:
        page = await read(topic, after, limit)
        if after and not reading.is_set():
            reading.set()
            world.log.wipe()
            for number in range(3):
                await world.say("orders.1", f"new {number}")
        return page

    world.log.read = wipe  # type: ignore[method-assign]
    world.board.suspect()
    await eventually(lambda: len([each for each in device.said() if str(each).startswith("new")]) == 3, within=10)
    said = device.said()
    assert said[-3:] == ["new 0", "new 1", "new 2"]
    assert said[:-3] == [f"old {number}" for number in range(len(said) - 3)]
    assert {"topic": "orders.1", "reason": "epoch"} in device.events("topic:gap")
