"""What ports/bus.py promises of beacons, kept by NATS and by memory alike."""

from collections.abc import AsyncIterator

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus
from notifications.adapters.nats.bus import NatsFleetBus
from notifications.adapters.nats.connection import connect
from notifications.ports.bus import Beacon, FleetBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ONE = Beacon("gateway-1", "127.0.0.1:4001", draining=False)
TWO = Beacon("gateway-2", "127.0.0.1:4002", draining=True)


@pytest.fixture
def memory_gateways() -> tuple[FleetBus, FleetBus]:
    bus = MemoryFleetBus()
    return bus, bus


@pytest.fixture
async def nats_gateways(nats_server: NatsServer) -> AsyncIterator[tuple[FleetBus, FleetBus]]:
    connections = [
        await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract") for _ in range(2)
    ]
    yield NatsFleetBus(connections[0]), NatsFleetBus(connections[1])
    for connection in connections:
        await connection.close()


@pytest.fixture(params=["memory", "nats"])
def gateways(request: pytest.FixtureRequest) -> tuple[FleetBus, FleetBus]:
    """The bus as two gateways see it."""
    seen: tuple[FleetBus, FleetBus] = request.getfixturevalue(f"{request.param}_gateways")
    return seen


async def test_a_gateway_hears_the_others_and_itself(gateways: tuple[FleetBus, FleetBus]) -> None:
    first, second = gateways
    heard: list[Beacon] = []
    await first.listen(heard.append)
    await first.announce(ONE)
    await eventually(lambda: heard == [ONE])
    await eventually(lambda: _announced(second, TWO, heard), what="the beacon of the other gateway")
    assert set(heard) == {ONE, TWO}


async def _announced(bus: FleetBus, beacon: Beacon, heard: list[Beacon]) -> bool:
    await bus.announce(beacon)
    return beacon in heard


async def test_nothing_is_heard_after_the_subscription_is_closed(gateways: tuple[FleetBus, FleetBus]) -> None:
    gateway, _ = gateways
    given_up: list[Beacon] = []
    kept: list[Beacon] = []
    subscription = await gateway.listen(given_up.append)
    await gateway.listen(kept.append)
    await subscription.close()
    await gateway.announce(ONE)
    await eventually(lambda: kept == [ONE])
    assert given_up == []


async def test_a_bus_that_is_there_is_connected(gateways: tuple[FleetBus, FleetBus]) -> None:
    assert all(gateway.connected for gateway in gateways)
