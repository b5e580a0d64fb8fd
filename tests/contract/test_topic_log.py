"""What ports/topics.py promises of the log, kept by JetStream and by memory alike."""

import asyncio
from uuid import UUID

import pytest

from notifications.domain.topics import LogPage, Topic
from notifications.ports.topics import TopicLog
from tests.contract.logs import Logs, Speaker, bodies, topic


@pytest.fixture
async def log(logs: Logs) -> TopicLog:
    return (await logs.open())[0]


@pytest.fixture
def speaker(log: TopicLog) -> Speaker:
    return Speaker(log)


async def test_messages_are_numbered_from_one_over_all_topics(speaker: Speaker) -> None:
    assert await speaker.say("room.1", "room.2", "room.1") == [1, 2, 3]


async def test_a_topic_is_read_in_the_order_in_which_it_was_said(log: TopicLog, speaker: Speaker) -> None:
    await speaker.say("room.1", "room.2", "room.1", "room.1")
    page = await log.read(topic("room.1"), 0, 10)
    assert [(entry.seq, entry.prev, entry.body) for entry in page.entries] == [(1, 0, b"1"), (3, 1, b"3"), (4, 3, b"4")]
    assert {entry.subject for entry in page.entries} == {topic("room.1").subject}
    assert (page.upto, page.more) == (4, False)


async def test_a_page_says_that_more_follow_and_the_next_goes_on(log: TopicLog, speaker: Speaker) -> None:
    await speaker.say("a.x", "b.x", "a.x", "a.x", "b.x", "a.x")
    first = await log.read(topic("a.x"), 0, 2)
    second = await log.read(topic("a.x"), first.upto, 2)
    assert (bodies(first.entries), first.upto, first.more) == ([1, 3], 3, True)
    assert (bodies(second.entries), second.upto, second.more) == ([4, 6], 6, False)


async def test_pages_of_one_meet_every_message(log: TopicLog, speaker: Speaker) -> None:
    await speaker.say("a.x", "b.x", "a.y", "a.x")
    after, read = 0, []
    while (page := await log.read(topic("a.>"), after, 1)).entries:
        assert page.entries[0].prev <= after
        read += bodies(page.entries)
        after = page.upto
    assert read == [1, 3, 4]
    assert not page.more


async def test_a_page_has_nothing_where_nothing_was_said(log: TopicLog, speaker: Speaker) -> None:
    assert await log.read(topic("room.1"), 0, 10) == LogPage((), 0, False)
    await speaker.say("room.1")
    assert await log.read(topic("room.2"), 0, 10) == LogPage((), 0, False)
    assert await log.read(topic("room.1"), 1, 10) == LogPage((), 1, False)
    assert await log.read(topic("room.1"), 10**15, 10) == LogPage((), 10**15, False)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("team.7.>", [2, 3, 4]),
        ("team.*", [1, 5]),
        ("team.*.chat", [2, 6]),
        ("team.7.*.*", [4]),
        ("*.7", [1, 7]),
        (">", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
async def test_a_wildcard_reads_all_topics_that_it_matches_in_one_order(
    log: TopicLog, speaker: Speaker, pattern: str, expected: list[int]
) -> None:
    await speaker.say("team.7", "team.7.chat", "team.7.plan", "team.7.plan.b", "team.8", "team.8.chat", "user.7")
    assert bodies((await log.read(topic(pattern), 0, 10)).entries) == expected
    assert sorted((await log.find_last([topic(pattern)])).values()) == expected


async def test_within_a_page_of_a_wildcard_each_topic_has_its_own_chain(log: TopicLog, speaker: Speaker) -> None:
    await speaker.say("a.x", "a.x", "a.y", "a.x", "a.y")
    page = await log.read(topic("a.*"), 1, 10)
    assert [(entry.seq, entry.prev) for entry in page.entries] == [(2, 1), (3, 1), (4, 2), (5, 3)]


async def test_tenants_read_nothing_of_each_other(log: TopicLog) -> None:
    for number, tenant in enumerate(("acme", "acme-2", "acm", "ACME"), 1):
        await log.append(topic("room.1", tenant), b"%d" % number, UUID(int=number))
    for number, tenant in enumerate(("acme", "acme-2", "acm", "ACME"), 1):
        for pattern in ("room.1", "room.*", ">"):
            assert bodies((await log.read(topic(pattern, tenant), 0, 10)).entries) == [number]
            found = await log.find_last([topic(pattern, tenant)])
            assert found == {topic("room.1", tenant).subject: number}


async def test_tokens_may_be_any_text(log: TopicLog) -> None:
    strange = [Topic("acme", ("room", text)) for text in ("a b", "ä☃😀", "%2A", "a.b", "a\r\nb", "$JS", "x" * 128)]
    for number, each in enumerate(strange, 1):
        await log.append(each, b"%d" % number, UUID(int=number))
    for number, each in enumerate(strange, 1):
        (entry,) = (await log.read(each, 0, 10)).entries
        assert (entry.subject, entry.body) == (each.subject, b"%d" % number)


async def test_bodies_are_kept_as_they_are(log: TopicLog) -> None:
    kept = [b"", b"\0\xff\r\n\r\n", b'{"a":"\xe2\x98\x83"}', b"NATS/1.0 204 EOB\r\n\r\n", b"x" * 200_000]
    for number, body in enumerate(kept, 1):
        await log.append(topic("room.1"), body, UUID(int=number))
    assert [entry.body for entry in (await log.read(topic("room.1"), 0, 10)).entries] == kept


async def test_the_same_id_is_stored_once(log: TopicLog) -> None:
    first = await log.append(topic("room.1"), b"1", UUID(int=1))
    await log.append(topic("room.1"), b"2", UUID(int=2))
    assert await log.append(topic("room.1"), b"1", UUID(int=1)) == first
    assert bodies((await log.read(topic("room.1"), 0, 10)).entries) == [1, 2]


async def test_the_newest_of_each_topic_is_found_and_of_silent_ones_nothing(log: TopicLog, speaker: Speaker) -> None:
    await speaker.say("a.x", "a.y", "a.x", "b.x", "b.y")
    wanted = [topic("a.*"), topic("b.x"), topic("c.x"), topic("a.x")]
    assert await log.find_last(wanted) == {
        topic("a.x").subject: 3,
        topic("a.y").subject: 2,
        topic("b.x").subject: 4,
    }
    assert await log.find_last(wanted, 2) == {topic("a.x").subject: 3, topic("b.x").subject: 4}
    assert await log.find_last([topic(">")], 4) == {topic("b.y").subject: 5}
    assert await log.find_last([topic(">")], 5) == {}
    assert await log.find_last([topic("c.>")]) == {}
    assert await log.find_last([]) == {}


async def test_the_newest_of_thousands_of_topics_are_found(log: TopicLog) -> None:
    names = [f"room.{number}" for number in range(2_500)]
    said = [log.append(topic(name), b"{}", UUID(int=number)) for number, name in enumerate(names)]
    numbers = dict(zip(names, await asyncio.gather(*said), strict=True))
    expected = {topic(name).subject: seq for name, seq in numbers.items()}
    assert await log.find_last([topic(name) for name in names]) == expected
    assert await log.find_last([topic("none.1"), topic("room.*"), topic("room.7")]) == expected


async def test_the_end_is_known_before_the_first_message_and_after(log: TopicLog, speaker: Speaker) -> None:
    before = await log.find_end()
    assert (before.first, before.last) == (1, 0)
    await speaker.say("room.1", "room.2")
    after = await log.find_end()
    assert (after.first, after.last) == (1, 2)
    assert after.epoch == before.epoch
    assert 0 < after.epoch < 2**64


async def test_a_log_that_was_lost_begins_anew_with_another_epoch(logs: Logs) -> None:
    (one, _), (other, _) = await logs.open(), await logs.open()
    speaker = Speaker(one)
    await speaker.say("room.1", "room.1")
    before = await one.find_end()
    await logs.wipe()
    assert await speaker.say("room.1") == [1]
    after = await other.find_end()
    assert (after.first, after.last) == (1, 1)
    assert after.epoch != before.epoch
    assert bodies((await other.read(topic("room.1"), 0, 10)).entries) == [3]


@pytest.mark.parametrize("call", ["append", "read", "find_last", "find_end"])
async def test_whoever_comes_first_after_a_loss_finds_a_log(logs: Logs, call: str) -> None:
    log, _ = await logs.open()
    await Speaker(log).say("room.1")
    await logs.wipe()
    if call == "append":
        assert await log.append(topic("room.1"), b"2", UUID(int=2)) == 1
    elif call == "read":
        assert (await log.read(topic("room.1"), 0, 10)).entries == ()
    elif call == "find_last":
        assert await log.find_last([topic("room.1")]) == {}
    else:
        assert (await log.find_end()).last == 0


async def test_ten_thousand_appends_at_once_are_all_kept(logs: Logs) -> None:
    speakers = [(await logs.open())[0] for _ in range(2)]
    said = [
        speakers[number % 2].append(topic(f"room.{number % 10}"), b"%d" % number, UUID(int=number))
        for number in range(10_000)
    ]
    numbers = await asyncio.gather(*said)
    assert sorted(numbers) == list(range(1, 10_001))
    after, read = 0, []
    while True:
        page = await speakers[0].read(topic("room.*"), after, 1_000)
        read += bodies(page.entries)
        after = page.upto
        if not page.more:
            break
    assert len(read) == 10_000
    assert set(read) == set(range(10_000))
