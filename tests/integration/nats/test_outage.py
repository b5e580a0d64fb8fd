"""nats-server is killed, stopped, frozen and started again below live connections."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from notifications.adapters.nats import connection as connection_module
from notifications.adapters.nats.bus import NatsFleetBus, NatsInboxBus
from notifications.adapters.nats.connection import OPTIONS
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Job
from notifications.domain.limits import OFFER_TIMEOUT
from notifications.domain.notification import UserKey
from notifications.ports.bus import Beacon
from tests.integration.nats.conftest import Open, StartNats, job, until_jobs_are
from tests.support.lanes import LOW, NORMAL
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ALICE = UserKey("acme", "alice")
BOB = UserKey("acme", "bob")


def event(seq: int) -> InboxEvent:
    return InboxEvent("notification", seq, seq - 1, "{}")


async def kill(server: NatsServer) -> None:
    await asyncio.to_thread(server.kill)


async def start(server: NatsServer) -> None:
    await asyncio.to_thread(server.start)


@contextmanager
def frozen(server: NatsServer) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, server.pid, os.WSTOPPED)  # until then some of its threads still run
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_interest_and_requests_work_again_after_the_server_was_killed(
    private_nats: NatsServer, open_connection: Open
) -> None:
    gateway, worker = await open_connection(private_nats, "gateway"), await open_connection(private_nats)
    bus = NatsInboxBus(worker)
    heard: list[InboxEvent] = []
    await NatsInboxBus(gateway).subscribe(ALICE, heard.append)
    for seq in (1, 2):
        await kill(private_nats)
        await eventually(lambda: not worker.connected and not gateway.connected)
        await start(private_nats)
        await eventually(lambda: worker.connected and gateway.connected)
        assert await bus.offer(ALICE, event(seq))
    await eventually(lambda: heard == [event(1), event(2)])


async def test_acknowledged_jobs_survive_a_killed_server(private_nats: NatsServer, open_connection: Open) -> None:
    connection = await open_connection(private_nats)
    queue = JetStreamQueue(connection, lock=1.0)
    created = await queue.ensure()
    acknowledged = await queue.publish([job(number) for number in range(500)])
    held = await queue.fetch(NORMAL, 10, 5)
    await asyncio.gather(*(delivery.done() for delivery in held[:5]))
    await until_jobs_are(connection, 495)
    await kill(private_nats)
    await start(private_nats)
    await eventually(lambda: connection.connected)
    assert await queue.created() == created
    left: dict[int, Job] = {}
    while len(left) < 495:
        for delivery in await queue.fetch(NORMAL, 100, 5):
            left[delivery.job.notification.int] = delivery.job
            await delivery.done()
    assert set(left.values()) == set(acknowledged[5:])
    assert await queue.fetch(NORMAL, 10, 1.5) == []


async def test_a_fetch_that_waits_ends_at_once_when_the_server_is_killed_and_works_again_later(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    queue = JetStreamQueue(connection)
    await queue.ensure()
    waiting = asyncio.create_task(queue.fetch(NORMAL, 10, 30))
    assert await queue.fetch(LOW, 1, 0.1) == []
    await kill(private_nats)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, 10)
    await start(private_nats)
    await eventually(lambda: connection.connected)
    await queue.publish([job(1)])
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 10, 5)] == [job(1)]


async def test_what_is_asked_while_the_server_is_away_fails_at_once_and_is_not_sent_later(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    queue, bus = JetStreamQueue(connection), NatsInboxBus(connection)
    await queue.ensure()
    await kill(private_nats)
    await eventually(lambda: not connection.connected)
    begun = time.monotonic()
    for attempt in (
        queue.publish([job(1)]),
        queue.fetch(NORMAL, 1, 30),
        queue.created(),
        queue.ensure(),
        bus.offer(ALICE, event(1)),
        bus.subscribe(ALICE, print),
    ):
        with pytest.raises(Unavailable):
            await attempt
    await bus.tell(ALICE, event(1))
    assert time.monotonic() - begun < 2
    await start(private_nats)
    await eventually(lambda: connection.connected)
    assert await queue.fetch(NORMAL, 1, 0.3) == []
    assert not await bus.offer(ALICE, event(2)), "the subscription that failed left an interest behind"


async def test_publishing_through_a_killed_server_returns_only_jobs_that_are_there_afterwards(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    queue = JetStreamQueue(connection)
    await queue.ensure()
    acknowledged: list[Job] = []

    async def produce() -> None:
        for start_at in range(0, 1_000_000, 1_000):
            acknowledged.extend(await queue.publish([job(start_at + offset) for offset in range(1_000)]))

    producing = asyncio.create_task(produce())
    await eventually(lambda: len(acknowledged) >= 2_000)
    await kill(private_nats)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(producing, 4)
    await start(private_nats)
    await eventually(lambda: connection.connected)
    present: set[Job] = set()
    while deliveries := await queue.fetch(NORMAL, 1_000, 0.5):
        present.update(delivery.job for delivery in deliveries)
    assert set(acknowledged) <= present


async def test_a_wiped_server_has_no_stream_until_it_is_ensured_and_then_another_one(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    queue = JetStreamQueue(connection)
    before = await queue.ensure()
    await queue.publish([job(1)])
    await kill(private_nats)
    private_nats.wipe()
    await start(private_nats)
    await eventually(lambda: connection.connected)
    assert await queue.created() is None
    with pytest.raises(Unavailable):
        await queue.publish([job(1)])
    assert await queue.ensure() != before
    assert await queue.publish([job(1)]) == [job(1)]
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 10, 5)] == [job(1)]


async def test_a_job_of_a_wiped_server_does_not_take_its_namesake_in_the_new_stream_with_it(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    queue = JetStreamQueue(connection, lock=1.0)
    await queue.ensure()
    await queue.publish([job(1)])
    (old,) = await queue.fetch(NORMAL, 1, 5)
    await kill(private_nats)
    private_nats.wipe()
    await start(private_nats)
    await eventually(lambda: connection.connected)
    await queue.ensure()
    await queue.publish([job(2)])
    assert [delivery.job for delivery in await queue.fetch(NORMAL, 1, 5)] == [job(2)]
    with pytest.raises(Unavailable):
        await old.done()
    (again,) = await queue.fetch(NORMAL, 1, 5)
    assert again.job == job(2)


async def test_a_frozen_server_makes_requests_fail_and_loses_nothing_when_it_thaws(
    private_nats: NatsServer, open_connection: Open
) -> None:
    gateway, worker = await open_connection(private_nats, "gateway"), await open_connection(private_nats)
    bus = NatsInboxBus(worker)
    await NatsInboxBus(gateway).subscribe(ALICE, print)
    with frozen(private_nats):
        begun = time.monotonic()
        with pytest.raises(Unavailable, match=f"within {OFFER_TIMEOUT:g} s"):
            await bus.offer(ALICE, event(1))
        assert time.monotonic() - begun < 4
    assert await bus.offer(ALICE, event(2))


async def test_of_events_offered_at_once_one_that_nobody_answers_spoils_no_other(
    private_nats: NatsServer, open_connection: Open
) -> None:
    gateway, worker = await open_connection(private_nats, "gateway"), await open_connection(private_nats)
    await NatsInboxBus(gateway).subscribe(ALICE, print)
    gateway.listen(subjects.inbox(BOB), print)  # as a gateway that hangs: it hears, and never answers
    await gateway.flush()
    bus = NatsInboxBus(worker)
    assert await bus.offer_each([(BOB, event(1)), (ALICE, event(1))]) == [None, True]
    await kill(private_nats)
    with pytest.raises(Unavailable):
        await bus.offer_each([(BOB, event(2)), (ALICE, event(2))])


async def test_a_server_that_stopped_reading_is_left_without_waiting_for_it(
    private_nats: NatsServer, open_connection: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPTIONS, "ping_interval", 0.2)
    connection = await open_connection(private_nats)
    with frozen(private_nats):
        for _ in range(14):
            connection.publish("ntf.test", bytes(500_000))
        with pytest.raises(Unavailable, match="lost"):
            await asyncio.wait_for(connection.request("ntf.test", b"", 30), 10)
    await eventually(lambda: connection.connected)
    await connection.flush()


async def test_closing_does_not_wait_for_a_server_that_stopped_reading(
    private_nats: NatsServer, open_connection: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "CLOSE_WITHIN", 0.3)
    connection = await open_connection(private_nats)
    with frozen(private_nats):
        for _ in range(14):
            connection.publish("ntf.test", bytes(500_000))
        await asyncio.wait_for(connection.close(), 5)
    assert not connection.connected


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_leaves_in_order_is_waited_for(
    private_nats: NatsServer, open_connection: Open, how: signal.Signals
) -> None:
    connection = await open_connection(private_nats)
    os.kill(private_nats.pid, how)
    await asyncio.to_thread(private_nats.stop)
    await eventually(lambda: not connection.connected)
    await start(private_nats)
    await eventually(lambda: connection.connected)
    await connection.flush()
    assert connection.losses == 1


async def test_a_server_that_asks_its_clients_to_leave_is_waited_for(
    start_nats: StartNats, open_connection: Open
) -> None:
    server = start_nats(lambda config: config.update(lame_duck_duration="30s", lame_duck_grace_period="100ms"))
    connection = await open_connection(server)
    os.kill(server.pid, signal.SIGUSR2)
    await eventually(lambda: not connection.connected)
    await asyncio.to_thread(server.stop)
    await start(server)
    await eventually(lambda: connection.connected)
    await connection.flush()


async def test_beacons_are_heard_only_while_connected(private_nats: NatsServer, open_connection: Open) -> None:
    bus = NatsFleetBus(await open_connection(private_nats, "gateway"))
    heard: list[Beacon] = []
    beacon = Beacon("gateway-1", "127.0.0.1:4001", draining=False)
    await kill(private_nats)
    await eventually(lambda: not bus.connected)
    await bus.listen(heard.append)
    await bus.announce(beacon)
    await start(private_nats)
    await eventually(lambda: bus.connected)
    assert heard == []
    await bus.announce(beacon)
    await eventually(lambda: heard == [beacon])


async def test_whoever_waits_for_the_return_is_told_once_per_outage(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    returns: list[int] = []
    connection.on_return = lambda: returns.append(connection.losses)
    for _ in range(2):
        await kill(private_nats)
        await start(private_nats)
        await eventually(lambda: connection.connected, what="the reconnect")
    await eventually(lambda: len(returns) == 2, what="the second return")
    assert returns == [1, 2]
