"""What arrives on the fleet's subject and is no beacon."""

import msgspec
import pytest

from notifications.adapters.nats.bus import NatsFleetBus
from notifications.ports.bus import Beacon
from tests.integration.nats.conftest import Open
from tests.support.nats import NatsServer

BEACON = Beacon("gateway-1", "127.0.0.1:4001", draining=False)
JUNK = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"gateway":"g","address":"a"}',
    b'{"gateway":"g","address":"a","draining":"no"}',
    b'{"gateway":1,"address":"a","draining":false}',
    b'{"gateway":"","address":"a","draining":false}',
    b'{"gateway":"g","address":"%s","draining":false}' % (b"a" * 200),
]


async def test_junk_is_ignored_and_beacons_after_it_are_heard(nats_server: NatsServer, open_connection: Open) -> None:
    connection = await open_connection(nats_server, "gateway")
    bus = NatsFleetBus(connection)
    heard: list[Beacon] = []
    await bus.listen(heard.append)
    for junk in JUNK:
        connection.publish("ntf.fleet", junk)
    await bus.announce(BEACON)
    await connection.flush()
    assert heard == [BEACON]


@pytest.mark.parametrize("more", [{"zone": "a"}, {"load": {"cpu": 0.5}}])
async def test_a_newer_gateway_may_say_more(
    nats_server: NatsServer, open_connection: Open, more: dict[str, object]
) -> None:
    connection = await open_connection(nats_server, "gateway")
    heard: list[Beacon] = []
    await NatsFleetBus(connection).listen(heard.append)
    connection.publish("ntf.fleet", msgspec.json.encode(msgspec.to_builtins(BEACON) | more))
    await connection.flush()
    assert heard == [BEACON]
