"""The stream of topics as the server has it, and what a log in memory cannot show."""

import asyncio
import json
import logging
from typing import Any
from uuid import UUID

import pytest

from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.topic_bus import NatsTopicBus
from notifications.adapters.nats.topic_log import PAGE_BYTES, NatsTopicLog
from notifications.adapters.nats.topic_stream import STREAM, read_epoch, stream_config
from notifications.domain.errors import Unavailable
from notifications.domain.topics import Entry, Topic
from tests.integration.nats.conftest import Open, StartNats, job
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ROOM = Topic("acme", ("room", "1"))
ALL = Topic("acme", (">",))
LARGE = b"x" * 100_000


async def ask(connection: Connection, call: str, body: object = None) -> dict[str, Any]:
    answer = await connection.request(f"$JS.API.{call}", json.dumps(body).encode() if body else b"")
    fields: dict[str, Any] = json.loads(answer.data)
    return fields


async def read_config(connection: Connection) -> dict[str, Any]:
    config: dict[str, Any] = (await ask(connection, f"STREAM.INFO.{STREAM}"))["config"]
    return config


@pytest.fixture
async def connection(private_nats: NatsServer, open_connection: Open) -> Connection:
    return await open_connection(private_nats)


async def test_a_worker_makes_the_stream_as_configured_and_a_gateway_the_same(connection: Connection) -> None:
    await NatsTopicLog(connection).append(ROOM, b"{}", UUID(int=1))
    made = await read_config(connection)
    await JetStreamQueue(connection).ensure()
    assert await read_config(connection) == made
    assert {name: made[name] for name in stream_config(1)} == stream_config(1)
    assert made["max_age"] == 7 * 86_400 * 10**9
    assert made["duplicate_window"] == 600 * 10**9


async def test_a_worker_brings_an_older_stream_up_to_date_without_losing_a_message(connection: Connection) -> None:
    await ask(connection, f"STREAM.CREATE.{STREAM}", stream_config(1) | {"max_age": 3600 * 10**9, "max_bytes": 10**6})
    log = NatsTopicLog(connection)
    await log.append(ROOM, b"{}", UUID(int=1))
    assert (await log.find_end()).last == 1
    assert (await read_config(connection))["max_bytes"] == 10**6, "a gateway leaves what is there as it is"
    await JetStreamQueue(connection).ensure()
    assert (await read_config(connection))["max_bytes"] == stream_config(1)["max_bytes"]
    assert len((await log.read(ROOM, 0, 10)).entries) == 1


async def test_jobs_go_on_where_there_is_no_room_for_topics(
    start_nats: StartNats, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    server = start_nats(lambda config: config["jetstream"].update(max_file_store=300_000_000))
    connection = await open_connection(server)
    queue = JetStreamQueue(connection)
    assert await queue.ensure() == await queue.created()
    assert await queue.publish([job(1)]) == [job(1)]
    assert "the log of topics is not ready" in caplog.text
    with pytest.raises(Unavailable, match="insufficient storage"):
        await NatsTopicLog(connection).append(ROOM, b"{}", UUID(int=1))


async def test_the_head_is_trimmed_and_the_end_says_so(connection: Connection) -> None:
    await ask(connection, f"STREAM.CREATE.{STREAM}", stream_config(1) | {"max_bytes": 1_000_000})
    log = NatsTopicLog(connection)
    for number in range(20):
        await log.append(ROOM, LARGE, UUID(int=number))
    end = await log.find_end()
    assert end.last == 20
    assert end.first > 10
    page = await log.read(ROOM, 0, 100)
    assert [entry.seq for entry in page.entries] == list(range(end.first, 21))


async def test_pages_are_bounded_in_bytes_and_say_that_more_follow(connection: Connection) -> None:
    log = NatsTopicLog(connection)
    await asyncio.gather(*(log.append(ROOM, LARGE, UUID(int=number)) for number in range(40)))
    after, pages = 0, []
    while True:
        page = await log.read(ROOM, after, 1_000)
        pages.append(page)
        after = page.upto
        if not page.more:
            break
    assert max(sum(len(entry.body) for entry in page.entries) for page in pages) <= PAGE_BYTES + len(LARGE)
    assert [entry.seq for page in pages for entry in page.entries] == list(range(1, 41))


async def test_the_newest_are_found_however_large_they_are(connection: Connection) -> None:
    log = NatsTopicLog(connection)
    rooms = [Topic("acme", ("room", str(number))) for number in range(30)]
    numbers = [await log.append(room, LARGE, UUID(int=number)) for number, room in enumerate(rooms)]
    expected = {room.subject: seq for room, seq in zip(rooms, numbers, strict=True)}
    assert await log.find_last(rooms) == expected
    assert await log.find_last([ALL]) == expected


async def test_what_did_not_come_from_the_log_is_ignored(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[Entry] = []
    await NatsTopicBus(connection).subscribe(ROOM, heard.append)
    forged = [
        b"",
        b"NATS/1.0\r\n\r\n",
        b"NATS/1.0\r\nNats-Sequence: 2\r\n\r\n",
        b"NATS/1.0\r\nNats-Sequence: x\r\nNats-Last-Sequence: 1\r\n\r\n",
        b"NATS/1.0\r\nNats-Sequence: 2\r\nNats-Last-Sequence: \r\n\r\n",
        b"NATS/1.0 503\r\n\r\n",
    ]
    for headers in forged:
        connection.publish(ROOM.subject, b"{}", headers=headers)
    await NatsTopicLog(connection).append(ROOM, b"{}", UUID(int=1))
    await eventually(lambda: heard)
    assert heard == [Entry(ROOM.subject, 1, 0, b"{}")]
    assert caplog.text.count("not of the log of topics") == len(forged)
    assert "failed" not in caplog.text


async def test_everything_fails_at_once_while_the_server_is_away_and_works_afterwards(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats, "gateway")
    log, bus = NatsTopicLog(connection), NatsTopicBus(connection)
    heard: list[Entry] = []
    await log.append(ROOM, b"1", UUID(int=1))
    before = await log.find_end()
    await asyncio.to_thread(private_nats.kill)
    await eventually(lambda: not connection.connected)
    for attempt in (
        log.append(ROOM, b"2", UUID(int=2)),
        log.read(ROOM, 0, 10),
        log.find_last([ROOM]),
        log.find_end(),
        bus.subscribe(ROOM, heard.append),
    ):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(attempt, 1)
    await asyncio.to_thread(private_nats.start)
    await eventually(lambda: connection.connected)
    assert await log.find_end() == before
    assert await log.append(ROOM, b"3", UUID(int=3)) == 2
    assert [entry.body for entry in (await log.read(ROOM, 0, 10)).entries] == [b"1", b"3"]
    await connection.flush()
    assert heard == [], "the subscription that failed left an interest behind"


async def test_an_append_through_a_killed_server_is_kept_or_fails(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats, "gateway")
    log = NatsTopicLog(connection)
    kept: list[int] = []

    async def speak(number: int) -> None:
        await log.append(ROOM, b"%d" % number, UUID(int=number))
        kept.append(number)

    async def speak_on() -> None:
        for start in range(0, 1_000_000, 100):
            await asyncio.gather(*(speak(number) for number in range(start, start + 100)))

    speaking = asyncio.create_task(speak_on())
    await eventually(lambda: len(kept) >= 1_000)
    await asyncio.to_thread(private_nats.kill)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(speaking, 10)
    await asyncio.to_thread(private_nats.start)
    await eventually(lambda: connection.connected)
    read: list[int] = []
    after, more = 0, True
    while more:
        page = await log.read(ROOM, after, 1_000)
        read += [int(entry.body) for entry in page.entries]
        after, more = page.upto, page.more
    assert set(kept) <= set(read)
    assert len(read) == len(set(read))


async def test_those_who_meet_a_missing_stream_at_once_make_it_once(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    log = NatsTopicLog(connection)
    said = [log.append(ROOM, b"{}", UUID(int=number)) for number in range(500)]
    assert sorted(await asyncio.gather(*said)) == list(range(1, 501))
    assert caplog.text.count("begins anew") == 1


def test_the_epoch_is_the_time_of_creation_to_the_nanosecond() -> None:
    assert read_epoch("1970-01-01T00:00:01Z") == 10**9
    assert read_epoch("1970-01-01T00:00:00.5Z") == 5 * 10**8
    assert read_epoch("2026-11-22T16:20:42.532740767Z") == 1795364442532740767
