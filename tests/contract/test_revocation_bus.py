"""What RevocationBus promises, kept by NATS and by memory alike."""

from collections.abc import AsyncIterator

import pytest

from notifications.adapters.memory.bus import MemoryRevocationBus
from notifications.adapters.nats.connection import connect
from notifications.adapters.nats.revocations import NatsRevocationBus
from notifications.ports.revocation import RevocationBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually


@pytest.fixture
def memory_gateways() -> tuple[RevocationBus, RevocationBus]:
    bus = MemoryRevocationBus()
    return bus, bus


@pytest.fixture
async def nats_gateways(nats_server: NatsServer) -> AsyncIterator[tuple[RevocationBus, RevocationBus]]:
    connections = [
        await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract") for _ in range(2)
    ]
    yield NatsRevocationBus(connections[0]), NatsRevocationBus(connections[1])
    for connection in connections:
        await connection.close()


@pytest.fixture(params=["memory", "nats"])
def gateways(request: pytest.FixtureRequest) -> tuple[RevocationBus, RevocationBus]:
    """The bus as two gateways see it."""
    seen: tuple[RevocationBus, RevocationBus] = request.getfixturevalue(f"{request.param}_gateways")
    return seen


async def test_a_signal_reaches_every_gateway_and_its_sender(gateways: tuple[RevocationBus, RevocationBus]) -> None:
    heard: list[str] = []
    first, second = gateways
    await first.listen(lambda: heard.append("first"))
    await second.listen(lambda: heard.append("second"))

    async def announced() -> bool:
        await first.announce()
        return {*heard} == {"first", "second"}

    await eventually(announced, what="a signal to both gateways")


async def test_nothing_is_heard_after_the_subscription_is_closed(gateways: tuple[RevocationBus, RevocationBus]) -> None:
    gateway, _ = gateways
    given_up: list[None] = []
    kept: list[None] = []
    subscription = await gateway.listen(lambda: given_up.append(None))
    await gateway.listen(lambda: kept.append(None))
    await subscription.close()
    await gateway.announce()
    await eventually(lambda: kept == [None])
    assert given_up == []
