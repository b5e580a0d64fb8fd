"""However many read the log of topics at once, it is asked for a few pages at a time, and rarely for its end."""

import asyncio
from uuid import uuid4

import pytest

from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.app.log_reader import LogReader
from notifications.domain.errors import Unavailable
from notifications.domain.limits import TOPIC_END_EVERY, TOPIC_PAGE, TOPIC_PAGES_AT_ONCE
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import LogEnd, LogPage, Topic
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import NOW
from tests.unit.workloads.app.world import in_virtual_time

LATENCY = 0.005


class DistantLog(MemoryTopicLog):
    """Answers after a while, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.ends = self.under_way = self.most_under_way = 0
        self.away = False

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        self.reads += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(LATENCY)
        self.under_way -= 1
        if self.away:
            raise Unavailable("away")
        return await super().read(topic, after, limit)

    async def find_end(self) -> LogEnd:
        self.ends += 1
        await asyncio.sleep(LATENCY)
        return await super().find_end()


def topic(number: int) -> Topic:
    return Topic("acme", ("group", str(number)))


def test_pages_are_read_a_few_at_a_time_and_the_end_is_asked_for_at_a_pace() -> None:
    async def work() -> tuple[DistantLog, float]:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(reader.read(topic(number), 0) for number in range(2_000)))
        return log, asyncio.get_running_loop().time() - began

    log, lasted = in_virtual_time(work)
    assert log.reads == 2_000
    assert log.most_under_way == TOPIC_PAGES_AT_ONCE
    assert log.ends <= lasted / TOPIC_END_EVERY + 2
    assert lasted < 2_000 / TOPIC_PAGES_AT_ONCE * LATENCY + 3 * TOPIC_END_EVERY


def test_who_asks_for_a_page_that_waits_for_its_turn_shares_it() -> None:
    async def work() -> int:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        crowd = [asyncio.ensure_future(reader.read(topic(number), 0)) for number in range(TOPIC_PAGES_AT_ONCE)]
        await asyncio.sleep(0)
        for _ in range(5):
            crowd.append(asyncio.ensure_future(reader.read(topic(-1), 0)))
            await asyncio.sleep(LATENCY / 10)
        await asyncio.gather(*crowd)
        return log.reads

    assert in_virtual_time(work) == TOPIC_PAGES_AT_ONCE + 1


def test_a_page_that_cannot_be_read_leaves_its_place_to_others() -> None:
    async def work() -> int:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        await log.append(topic(0), pack(TopicMessage("topic:message", 0, "{}", None)), uuid4())
        log.away = True
        crowd = [reader.read(topic(number), 0) for number in range(2 * TOPIC_PAGES_AT_ONCE)]
        failed = await asyncio.gather(*crowd, return_exceptions=True)
        assert all(isinstance(each, Unavailable) for each in failed)
        log.away = False
        return len((await reader.read(topic(0), 0)).said)

    assert in_virtual_time(work) == 1


async def fill(log: DistantLog, number: int, messages: int) -> None:
    for _ in range(messages):
        await log.append(topic(number), pack(TopicMessage("topic:message", 0, "{}", None)), uuid4())


def test_those_who_ask_at_once_how_much_they_missed_share_the_pages() -> None:
    async def work() -> int:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        await fill(log, 0, 3 * TOPIC_PAGE)
        assert all(await asyncio.gather(*(reader.fits({topic(0): 1_000_000}, 0) for _ in range(50))))
        return log.reads

    assert in_virtual_time(work) == 3


def test_how_much_one_missed_of_many_topics_is_read_a_page_at_a_time() -> None:
    async def work() -> tuple[int, int]:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        for number in range(5):
            await fill(log, number, TOPIC_PAGE)
        assert await reader.fits({topic(number): 100_000 for number in range(5)}, 0)
        return log.reads, log.most_under_way

    assert in_virtual_time(work) == (5, 1)


def test_nothing_more_is_read_for_who_has_left() -> None:
    async def work() -> int:
        log = DistantLog()
        reader = LogReader(log, lambda: NOW)
        await fill(log, 0, 5 * TOPIC_PAGE)
        assert not await reader.fits({topic(0): 1_000_000}, 0, lambda: log.reads < 2)
        return log.reads

    assert in_virtual_time(work) == 2


def test_one_who_asks_alone_does_not_wait() -> None:
    async def work() -> float:
        reader, loop = LogReader(DistantLog(), lambda: NOW), asyncio.get_running_loop()
        began = loop.time()
        await reader.find_end()
        return loop.time() - began

    assert in_virtual_time(work) == pytest.approx(LATENCY)
