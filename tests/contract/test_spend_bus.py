"""What ports/spend.py promises, kept by NATS and by memory alike."""

from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from notifications.adapters.memory.spend import MemorySpendBus, MemorySpendLine
from notifications.adapters.nats.connection import connect
from notifications.adapters.nats.spend import NatsSpendBus, read_spends
from notifications.domain.errors import Unavailable
from notifications.domain.limits import SPENDS_AT_ONCE
from notifications.domain.notification import UserKey
from notifications.domain.spending import Spend
from notifications.ports.spend import SpendBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ALICE = Spend(UserKey("acme", "alice"), 3)
BOB = Spend(UserKey("other", "bob 🎺"), 1)


@pytest.fixture
def memory_gateways() -> tuple[SpendBus, SpendBus]:
    line = MemorySpendLine()
    return MemorySpendBus(line), MemorySpendBus(line)


@pytest.fixture
async def nats_gateways(nats_server: NatsServer) -> AsyncIterator[tuple[SpendBus, SpendBus]]:
    password = nats_server.password("gateway")
    connections = [await connect([nats_server.url], "gateway", password, "contract") for _ in range(2)]
    buses = [NatsSpendBus(connection, f"gateway-{number}") for number, connection in enumerate(connections)]
    yield buses[0], buses[1]
    for connection in connections:
        await connection.close()
    with pytest.raises(Unavailable):
        buses[0].tell([ALICE])


@pytest.fixture(params=["memory", "nats"])
def gateways(request: pytest.FixtureRequest) -> tuple[SpendBus, SpendBus]:
    """The bus as two gateways see it."""
    seen: tuple[SpendBus, SpendBus] = request.getfixturevalue(f"{request.param}_gateways")
    return seen


async def test_what_is_told_reaches_the_others_and_not_who_tells(gateways: tuple[SpendBus, SpendBus]) -> None:
    first, second = gateways
    heard: dict[str, list[Sequence[Spend]]] = {"first": [], "second": []}
    first.listen(lambda spends: heard["first"].append(tuple(spends)))
    second.listen(lambda spends: heard["second"].append(tuple(spends)))

    async def told() -> bool:
        first.tell([ALICE, BOB])
        return bool(heard["second"])

    await eventually(told)
    second.tell([BOB])
    await eventually(lambda: heard["first"] == [(BOB,)])
    assert set(heard["second"]) == {(ALICE, BOB)}


async def test_as_many_users_as_may_be_told_of_at_once_are_heard(gateways: tuple[SpendBus, SpendBus]) -> None:
    first, second = gateways
    heard: list[Spend] = []
    everybody = [Spend(UserKey("t" * 63, f"{number:0128}"), 1) for number in range(SPENDS_AT_ONCE)]
    second.listen(heard.extend)

    async def told() -> bool:
        first.tell(everybody)
        return bool(heard)

    await eventually(told)
    assert heard[: len(everybody)] == everybody


def wire(*spends: object, gateway: object = "another") -> bytes:
    return msgspec.json.encode({"gateway": gateway, "spends": spends})


@pytest.mark.parametrize(
    "junk",
    [
        b"", b"{", b"[]", b"{}", wire(["acme", "alice", "3"]), wire(["acme", "alice"]), wire(["acme", "", 3]),
        wire(["acme", "alice", 0]), wire(["acme", "alice", -5]), wire(["acme", "alice", 10**9]),
        wire(["a" * 129, "alice", 1]), wire(*[["acme", "alice", 1]] * (SPENDS_AT_ONCE + 1)), wire(gateway=5),
    ],
    ids=lambda junk: junk[:60].decode(),
)  # fmt: skip
def test_junk_tells_nothing(junk: bytes) -> None:
    assert read_spends(junk, "me") == ()


def test_a_newer_gateway_may_say_more() -> None:
    assert read_spends(b'{"gateway":"new","more":1,"spends":[["acme","alice",3]]}', "me") == (ALICE,)
