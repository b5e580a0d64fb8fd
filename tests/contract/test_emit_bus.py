"""What ports/emit.py promises, kept by NATS and by memory alike."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from notifications.adapters.memory.emit import MemoryEmitBus, MemoryEmitLine
from notifications.adapters.nats.connection import connect
from notifications.adapters.nats.emit import NatsEmitBus
from notifications.domain.emit import Audience, Echo, Emit, Scope
from notifications.domain.errors import Unavailable
from notifications.domain.limits import EMIT_TIMEOUT
from notifications.ports.emit import Answer, EmitBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

EMIT = Emit(Audience("acme-1", Scope.ROOM, "group:7.ä *"), "news:breaking", '{"text":"☃","n":[1,null]}')
BOTH = ("gateway-1", "gateway-2")


@dataclass
class Gateways:
    """Two ends of the bus."""

    first: EmitBus
    second: EmitBus


@pytest.fixture
def memory_gateways() -> Gateways:
    line = MemoryEmitLine()
    return Gateways(MemoryEmitBus(line), MemoryEmitBus(line))


@pytest.fixture
async def nats_gateways(nats_server: NatsServer) -> AsyncIterator[Gateways]:
    password = nats_server.password("gateway")
    connections = [await connect([nats_server.url], "gateway", password, "contract") for _ in range(2)]
    yield Gateways(*map(NatsEmitBus, connections))
    for connection in connections:
        await connection.close()


@pytest.fixture(params=["memory", "nats"])
def gateways(request: pytest.FixtureRequest) -> Gateways:
    seen: Gateways = request.getfixturevalue(f"{request.param}_gateways")
    return seen


class Listener:
    """Keeps what it hears and answers, at once or `later`."""

    def __init__(self, gateway: str, delivered: int) -> None:
        self.heard: list[Emit] = []
        self.later = 0.0
        self._echo = Echo(gateway, delivered, 0)

    def __call__(self, emit: Emit, answer: Answer) -> None:
        self.heard.append(emit)
        asyncio.get_running_loop().call_later(self.later, answer, self._echo)


async def both_listen(gateways: Gateways) -> tuple[Listener, Listener]:
    """Return when each is surely heard."""
    listeners = Listener("gateway-1", 1), Listener("gateway-2", 2)
    gateways.first.listen(listeners[0])
    gateways.second.listen(listeners[1])

    async def both_answer() -> bool:
        return len(await asyncio.wait_for(gateways.first.send(EMIT, BOTH), 10)) == 2

    await eventually(both_answer, what="answers of both")
    for listener in listeners:
        listener.heard.clear()
    return listeners


async def test_an_emit_reaches_every_gateway_and_its_sender_as_it_was_sent(gateways: Gateways) -> None:
    first, second = await both_listen(gateways)
    echoes = await gateways.first.send(EMIT, BOTH)
    assert sorted(echo.gateway for echo in echoes) == [*BOTH]
    assert {echo.gateway: echo.delivered for echo in echoes} == {"gateway-1": 1, "gateway-2": 2}
    assert first.heard == second.heard == [EMIT]


async def test_who_answers_later_is_waited_for(gateways: Gateways) -> None:
    _, second = await both_listen(gateways)
    second.later = 0.3
    assert Echo("gateway-2", 2, 0) in await gateways.first.send(EMIT, BOTH)


async def test_who_does_not_answer_in_time_is_missing(gateways: Gateways) -> None:
    await both_listen(gateways)
    begun = time.monotonic()
    echoes = await gateways.first.send(EMIT, (*BOTH, "gateway-3"))
    assert EMIT_TIMEOUT - 0.1 < time.monotonic() - begun < EMIT_TIMEOUT + 2
    assert {echo.gateway for echo in echoes} == {*BOTH}


async def test_an_emit_that_cannot_be_sent_is_refused() -> None:
    line = MemoryEmitLine()
    line.away = True
    with pytest.raises(Unavailable):
        await MemoryEmitBus(line).send(EMIT, BOTH)


async def test_an_emit_that_cannot_be_sent_to_nats_is_refused(nats_server: NatsServer) -> None:
    connection = await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract")
    await connection.close()
    with pytest.raises(Unavailable):
        await NatsEmitBus(connection).send(EMIT, BOTH)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"{",
        b"{}",
        b'{"scope":"all","name":"","event":"room:message","body":{}}',
        b'{"scope":"everyone","name":"","event":"hello","body":{}}',
        b'{"scope":"all","name":"","event":"a\\"b","body":{}}',
        b'{"scope":"all","name":"","event":"hello","body":"text"}',
        b'{"scope":"all","name":"","event":"hello","body":[]}',
        b'{"scope":"room","name":"' + b"x" * 129 + b'","event":"hello","body":{}}',
        b'{"scope":"all","name":"","event":"hello","body":{"a":"' + b"x" * 33_000 + b'"}}',
    ],
    ids=lambda junk: junk[:70].decode(),
)
async def test_junk_is_not_heard_and_what_follows_is(nats_server: NatsServer, junk: bytes) -> None:
    connection = await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract")
    bus, listener = NatsEmitBus(connection), Listener("gateway-1", 1)
    bus.listen(listener)
    connection.publish("ntf.emits.acme-1", junk, connection.make_inbox())
    assert await bus.send(EMIT, ("gateway-1",)) == (Echo("gateway-1", 1, 0),)
    assert listener.heard == [EMIT]
    await connection.close()
