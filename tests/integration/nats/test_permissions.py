"""The least that each role must be allowed; with it everything works, and nothing that is not its own."""

from typing import Any

import pytest

from notifications.adapters.nats.bus import NatsFleetBus, NatsInboxBus
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.revocations import NatsRevocationBus
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import LANES
from notifications.domain.notification import UserKey
from notifications.ports.bus import Beacon
from tests.integration.nats.conftest import Open, StartNats, job
from tests.support.lanes import NORMAL
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

LEAST = {
    "gateway": {
        "publish": ["ntf.jobs.>", "ntf.inbox.*.*", "ntf.fleet", "ntf.revocations", "_INBOX.gateway.>"],
        "subscribe": ["ntf.inbox.*.*", "ntf.fleet", "ntf.revocations", "_INBOX.gateway.>"],
        "allow_responses": True,
    },
    "worker": {
        "publish": [
            "ntf.jobs.>",
            "ntf.inbox.*.*",
            "_INBOX.worker.>",
            "$JS.API.STREAM.*.NTF_JOBS",
            "$JS.API.STREAM.MSG.GET.NTF_JOBS",
            "$JS.API.CONSUMER.CREATE.NTF_JOBS.>",
            "$JS.API.CONSUMER.MSG.NEXT.NTF_JOBS.*",
            "$JS.ACK.NTF_JOBS.>",
            "$JS.ACK.*.*.NTF_JOBS.>",
        ],
        "subscribe": ["_INBOX.worker.>"],
    },
}

ALICE = UserKey("acme", "alice")
EVENT = InboxEvent("notification", 1, 0, "{}")


def restrict(config: dict[str, Any]) -> None:
    for user in config["authorization"]["users"]:
        user["permissions"] = LEAST[user["user"]]


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
    signals: list[None] = []
    await NatsRevocationBus(gateway).listen(lambda: signals.append(None))
    await NatsRevocationBus(gateway).announce()
    await eventually(lambda: signals == [None])
    assert "ermission" not in caplog.text


async def test_a_gateway_can_neither_make_streams_nor_take_jobs(
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
