"""The stream and its consumers as the server has them."""

import json
from typing import Any

import pytest

from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.line import Line
from notifications.adapters.nats.queue import JetStreamQueue, count_deliveries
from notifications.adapters.nats.streams import STREAM, consumer_config, stream_config
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import LANES
from tests.integration.nats.conftest import Open, StartNats, job, until_jobs_are
from tests.support.lanes import HIGH, NORMAL
from tests.support.nats import NatsServer

JUNK = [
    b"",
    b"\xff",
    b"{}",
    b"[]",
    b"7",
    b"[" * 100_000,
    b'{"n":1,"t":"a","u":"b","c":"websocket","q":"normal"}',
    b'{"n":"00000000-0000-0000-0000-000000000001","t":"a","u":null,"c":"websocket","q":"normal"}',
    b'{"n":"00000000-0000-0000-0000-000000000001","t":"a","u":"b","c":"pigeon","q":"normal"}',
]


async def ask(connection: Connection, call: str, body: object = None) -> dict[str, Any]:
    answer = await connection.request(f"$JS.API.{call}", json.dumps(body).encode() if body else b"")
    fields: dict[str, Any] = json.loads(answer.data)
    return fields


@pytest.fixture
async def connection(private_nats: NatsServer, open_connection: Open) -> Connection:
    return await open_connection(private_nats)


async def test_the_server_has_the_stream_and_the_consumers_as_configured(connection: Connection) -> None:
    await JetStreamQueue(connection).ensure()
    stream = (await ask(connection, f"STREAM.INFO.{STREAM}"))["config"]
    assert {name: stream[name] for name in stream_config(1)} == stream_config(1)
    assert stream["duplicate_window"] == 600 * 10**9
    assert stream["retention"] == "workqueue"
    for lane in LANES:
        consumer = (await ask(connection, f"CONSUMER.INFO.{STREAM}.{lane.name}"))["config"]
        assert {name: consumer[name] for name in consumer_config(lane, 30)} == consumer_config(lane, 30)
        assert consumer["ack_wait"] == 30 * 10**9
        assert consumer["max_deliver"] == -1


async def test_an_older_stream_is_brought_up_to_date_without_losing_a_job(connection: Connection) -> None:
    await ask(connection, f"STREAM.CREATE.{STREAM}", stream_config(1) | {"max_msgs": 10, "duplicate_window": 10**9})
    old = {"stream_name": STREAM, "config": consumer_config(NORMAL, 5) | {"max_ack_pending": 7}}
    await ask(connection, f"CONSUMER.CREATE.{STREAM}.normal-websocket.ntf.jobs.normal.websocket", old)
    queue = JetStreamQueue(connection)
    await queue.publish([job(1)])
    await queue.ensure()
    stream = (await ask(connection, f"STREAM.INFO.{STREAM}"))["config"]
    assert stream["max_msgs"] == stream_config(1)["max_msgs"]
    consumer = (await ask(connection, f"CONSUMER.INFO.{STREAM}.normal-websocket"))["config"]
    assert consumer["max_ack_pending"] == consumer_config(NORMAL, 30)["max_ack_pending"]
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 10, 5)] == [job(1)]


async def test_a_missing_consumer_makes_fetching_fail_until_it_is_ensured(connection: Connection) -> None:
    queue = JetStreamQueue(connection)
    await queue.ensure()
    await queue.publish([job(1)])
    await ask(connection, f"CONSUMER.DELETE.{STREAM}.normal-websocket")
    with pytest.raises(Unavailable):
        await queue.fetch(NORMAL, 1, 5)
    await queue.ensure()
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 10, 5)] == [job(1)]


async def test_a_full_stream_refuses_jobs_and_keeps_those_it_has(connection: Connection) -> None:
    await ask(connection, f"STREAM.CREATE.{STREAM}", stream_config(1) | {"max_msgs": 3})
    queue = JetStreamQueue(connection)
    assert await queue.publish([job(number) for number in range(5)]) == [job(0), job(1), job(2)]
    with pytest.raises(Unavailable, match="maximum messages exceeded"):
        await queue.publish([job(5)])


async def test_more_replicas_than_servers_are_refused_with_the_reason(connection: Connection) -> None:
    with pytest.raises(Unavailable, match="replicas > 1 not supported"):
        await JetStreamQueue(connection, replicas=3).ensure()


async def test_a_server_without_jetstream_is_unavailable(start_nats: StartNats, open_connection: Open) -> None:
    connection = await open_connection(start_nats(lambda config: config.pop("jetstream")))
    queue = JetStreamQueue(connection)
    for attempt in (queue.created(), queue.ensure(), queue.publish([job(1)]), queue.fetch(HIGH, 1, 1)):
        with pytest.raises(Unavailable):
            await attempt


async def test_what_is_no_job_is_removed_and_told(connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    queue = JetStreamQueue(connection)
    await queue.ensure()
    for junk in JUNK:
        await connection.request("ntf.jobs.normal.websocket", junk)
    await queue.publish([job(1)])
    (delivery,) = await queue.fetch(NORMAL, 3, 5)
    assert delivery.job == job(1)
    await delivery.done()
    await until_jobs_are(connection, 0)
    assert caplog.text.count("is not a job") == len(JUNK)


async def test_a_job_that_reaches_a_fetch_which_nobody_waits_for_goes_to_another_worker(
    connection: Connection, private_nats: NatsServer, open_connection: Open
) -> None:
    """The lock lasts 30 s, so only what was given back arrives in time."""
    leaving, staying = JetStreamQueue(connection), JetStreamQueue(await open_connection(private_nats))
    await leaving.ensure()
    line = Line(connection, NORMAL)
    pulling = line.pull(5, 10)
    pulling.send(None)  # the request is sent, and the answer not read yet
    await staying.publish([job(1), job(2)])
    pulling.close()
    line.abandon()
    await connection.close()
    deliveries = [*await staying.fetch(NORMAL, 5, 5), *await staying.fetch(NORMAL, 5, 1)]
    assert sorted(delivery.job.notification.int for delivery in deliveries) == [1, 2]


async def test_both_forms_of_ack_subjects_are_understood(start_nats: StartNats, open_connection: Open) -> None:
    server = start_nats(lambda config: config.update(feature_flags={"js_ack_fc_v2": True}))
    queue = JetStreamQueue(await open_connection(server))
    await queue.ensure()
    await queue.publish([job(1)])
    (first,) = await queue.fetch(NORMAL, 1, 5)
    assert len(first._reply.split(".")) > 9, "the server still uses the old form"
    await first.extend()
    await first.retry(0)
    (second,) = await queue.fetch(NORMAL, 1, 5)
    assert second.deliveries == 2
    await second.done()
    assert await queue.fetch(NORMAL, 1, 0.2) == []
    assert count_deliveries("$JS.ACK.NTF_JOBS.normal.3.1.1.1795303688894416586.0") == 3
