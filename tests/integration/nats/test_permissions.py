"""What the operator allows each role: with it everything works, and nothing that is not its own."""

from typing import Any
from uuid import UUID

import pytest

from notification_operator.nats_config import render_permissions
from notifications.adapters.nats.bus import NatsFleetBus, NatsInboxBus
from notifications.adapters.nats.emit import NatsEmitBus
from notifications.adapters.nats.presence import NatsPresenceBus
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.revocations import NatsRevocationBus
from notifications.adapters.nats.sessions import NatsSessionStore
from notifications.adapters.nats.topic_bus import NatsTopicBus
from notifications.adapters.nats.topic_log import NatsTopicLog
from notifications.domain.emit import Audience, Echo, Emit, Scope
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import LANES
from notifications.domain.notification import UserKey
from notifications.domain.presence import News
from notifications.domain.saved import Saved
from notifications.domain.topics import Entry, Topic
from notifications.ports.bus import Beacon
from tests.integration.nats.conftest import Open, StartNats, job
from tests.support.lanes import NORMAL
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ALICE = UserKey("acme", "alice")
EVENT = InboxEvent("notification", 1, 0, "{}")
ROOM = Topic("acme", ("room", "1"))


def restrict(config: dict[str, Any]) -> None:
    for user in config["authorization"]["users"]:
        user["permissions"] = render_permissions(user["user"])


@pytest.fixture
def server(start_nats: StartNats) -> NatsServer:
    return start_nats(restrict)


async def test_gateway_and_worker_do_their_work_with_the_least_permissions(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, worker = await open_connection(server, "gateway"), await open_connection(server, "worker")
    queue = JetStreamQueue(worker)
    assert await queue.created() is None
    assert await queue.ensure() == await queue.created()
    assert set(await queue.ages()) == set(LANES)
    assert await JetStreamQueue(gateway).publish([job(1)]) == [job(1)]
    (delivery,) = await queue.fetch(NORMAL, 5, 5)
    await delivery.extend()
    await delivery.retry(0)
    (delivery,) = await queue.fetch(NORMAL, 5, 5)
    heard: list[InboxEvent] = []
    await NatsInboxBus(gateway).subscribe(ALICE, heard.append)
    assert await NatsInboxBus(worker).offer(ALICE, EVENT)
    await NatsInboxBus(gateway).tell(ALICE, EVENT)
    await eventually(lambda: heard == [EVENT, EVENT])
    await delivery.done()
    beacons: list[Beacon] = []
    beacon = Beacon("gateway-1", "127.0.0.1:4001", draining=False)
    await NatsFleetBus(gateway).listen(beacons.append)
    await NatsFleetBus(gateway).announce(beacon)
    await eventually(lambda: beacons == [beacon])
    told, news = list[News](), News("gateway-1", 1)
    presence = NatsPresenceBus("gateway-1", gateway)
    presence.listen(told.append, lambda _: presence.tell(news, "gateway-1"))
    presence.tell(news)
    presence.ask("gateway-1")
    await eventually(lambda: told == [news, news])
    signals: list[None] = []
    await NatsRevocationBus(gateway).listen(lambda: signals.append(None))
    await NatsRevocationBus(gateway).announce()
    await eventually(lambda: signals == [None])
    emits, shown = NatsEmitBus(gateway), Echo("gateway-1", 1, 0)
    emits.listen(lambda _, answer: answer(shown))
    assert await emits.send(Emit(Audience("acme", Scope.ALL), "news", "{}"), ("gateway-1",)) == (shown,)
    assert "ermission" not in caplog.text


async def test_a_gateway_speaks_listens_and_reads_in_topics_whether_a_worker_made_the_log_or_not(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await open_connection(server, "gateway")
    log, heard = NatsTopicLog(gateway), list[Entry]()
    await NatsTopicBus(gateway).subscribe(ROOM, heard.append)
    assert (await log.find_end()).last == 0
    await JetStreamQueue(await open_connection(server, "worker"), replicas=1).ensure()
    assert await log.append(ROOM, b"{}", UUID(int=1)) == 1
    assert [entry.seq for entry in (await log.read(ROOM, 0, 10)).entries] == [1]
    assert await log.find_last([Topic("acme", (">",))]) == {ROOM.subject: 1}
    await eventually(lambda: [entry.seq for entry in heard] == [1])
    assert "ermission" not in caplog.text
    assert "not ready" not in caplog.text


async def test_a_gateway_saves_and_finds_sessions_whether_a_worker_made_room_for_them_or_not(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    sessions = NatsSessionStore(await open_connection(server, "gateway"))
    assert await sessions.put([Saved("acme", "an-id", b"{}")]) == [1]
    await JetStreamQueue(await open_connection(server, "worker"), replicas=1).ensure()
    assert await sessions.get("acme", "an-id") == b"{}"
    sessions.forget("acme", "an-id")
    await eventually(lambda: _is_gone(sessions))
    assert "ermission" not in caplog.text
    assert "not ready" not in caplog.text


async def _is_gone(sessions: NatsSessionStore) -> bool:
    return await sessions.get("acme", "an-id") is None


@pytest.mark.parametrize("user", ["gateway", "worker"])
@pytest.mark.parametrize(
    "subject", [ROOM.subject, "$JS.API.STREAM.DELETE.NTF_TOPICS", "$JS.API.STREAM.PURGE.NTF_TOPICS"]
)
async def test_nobody_forges_what_was_said_or_removes_it(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture, user: str, subject: str
) -> None:
    connection, gateway = await open_connection(server, user), await open_connection(server, "gateway")
    log, heard = NatsTopicLog(gateway), list[Entry]()
    await NatsTopicBus(gateway).subscribe(ROOM, heard.append)
    await log.append(ROOM, b"true", UUID(int=1))
    forged = b"NATS/1.0\r\nNats-Sequence: 2\r\nNats-Last-Sequence: 1\r\n\r\n"
    connection.publish(subject, b"forged" if subject == ROOM.subject else b"", connection.make_inbox(), forged)
    await eventually(lambda: "permissions violation for publish" in caplog.text)
    await log.append(ROOM, b"true", UUID(int=2))
    await eventually(lambda: len(heard) == 2)
    assert [(entry.seq, entry.body) for entry in heard] == [(1, b"true"), (2, b"true")]


async def test_a_gateway_can_neither_remove_the_queues_nor_take_jobs(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, worker = await open_connection(server, "gateway"), await open_connection(server, "worker")
    await JetStreamQueue(worker).ensure()
    await JetStreamQueue(worker).publish([job(1)])
    with pytest.raises(Unavailable):
        await JetStreamQueue(gateway).fetch(NORMAL, 1, 0.1)
    with pytest.raises(Unavailable):
        await gateway.request("$JS.API.STREAM.DELETE.NTF_JOBS", b"", 0.2)
    assert "permissions violation for publish" in caplog.text
    assert gateway.connected
    assert [delivery.job for delivery in await JetStreamQueue(worker).fetch(NORMAL, 1, 5)] == [job(1)]


async def test_nobody_hears_the_answers_to_another(
    server: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await open_connection(server, "gateway")
    gateway.listen("_INBOX.worker.>", print)
    await gateway.flush()
    await eventually(lambda: "permissions violation for subscription" in caplog.text)
    assert gateway.connected
