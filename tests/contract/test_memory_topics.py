"""What the log and the bus in memory do for tests beside what the ports promise."""

from uuid import UUID

from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.domain.topics import Entry, LogEnd
from tests.contract.logs import Speaker, bodies, topic


async def test_a_bus_loses_what_it_is_told_to_lose_and_another_does_not() -> None:
    log = MemoryTopicLog()
    lossy, sound = MemoryTopicBus(log), MemoryTopicBus(log)
    lossy.loses = lambda entry: entry.seq == 2
    heard: dict[MemoryTopicBus, list[Entry]] = {lossy: [], sound: []}
    for bus, entries in heard.items():
        await bus.subscribe(topic("room.1"), entries.append)
    await Speaker(log).say("room.1", "room.1", "room.1")
    assert [(entry.seq, entry.prev) for entry in heard[lossy]] == [(1, 0), (3, 2)]
    assert bodies(heard[sound]) == [1, 2, 3]


async def test_a_trimmed_log_forgets_its_head_and_numbers_on() -> None:
    log = MemoryTopicLog()
    speaker = Speaker(log)
    await speaker.say("room.1", "room.2", "room.1", "room.1")
    log.trim(3)
    assert await log.find_end() == LogEnd(1, 3, 4)
    assert bodies((await log.read(topic("room.*"), 0, 10)).entries) == [3, 4]
    assert await log.find_last([topic("room.*")]) == {topic("room.1").subject: 4}
    log.trim(100)
    assert await log.find_end() == LogEnd(1, 5, 4)
    assert await speaker.say("room.1") == [5]


async def test_an_id_is_stored_again_after_the_deduplication_window() -> None:
    log = MemoryTopicLog(window=0)
    numbers = [await log.append(topic("room.1"), b"1", UUID(int=1)) for _ in range(2)]
    assert numbers == [1, 2]
