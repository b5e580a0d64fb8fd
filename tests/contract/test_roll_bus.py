"""What ports/roll.py promises, kept by NATS and by memory alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from notifications.adapters.memory.roll import MemoryRollBus, MemoryRollLine
from notifications.adapters.nats.bus import NatsInboxBus
from notifications.adapters.nats.connection import connect
from notifications.adapters.nats.roll import NatsRollBus
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey
from notifications.domain.roll import Held, Roll
from notifications.ports.roll import RollBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ALICE = UserKey("acme", "alice")
BOB = UserKey("acme", "bob")
ROLL = Roll("gateway-1~x", "gateway-1", (Held(1, "gateway-1~w"), Held(1_772_323_200_000, "gateway-1~x")), asks=True)


@dataclass
class Gateways:
    """Two that are subscribed to ALICE's inbox. `events` is what came on it as events."""

    first: RollBus
    second: RollBus
    events: list[InboxEvent]


@pytest.fixture
def memory_gateways() -> Gateways:
    line = MemoryRollLine()
    return Gateways(MemoryRollBus(line), MemoryRollBus(line), [])


@pytest.fixture
async def nats_gateways(nats_server: NatsServer) -> AsyncIterator[Gateways]:
    password, events = nats_server.password("gateway"), list[InboxEvent]()
    connections = [await connect([nats_server.url], "gateway", password, "contract") for _ in range(2)]
    inboxes = [NatsInboxBus(connection) for connection in connections]
    for inbox in inboxes:
        await inbox.subscribe(ALICE, events.append)
    buses = [NatsRollBus(connection, inbox) for connection, inbox in zip(connections, inboxes, strict=True)]
    yield Gateways(buses[0], buses[1], events)
    for connection in connections:
        await connection.close()
    with pytest.raises(Unavailable):
        buses[0].tell(ALICE, ROLL)


@pytest.fixture(params=["memory", "nats"])
def gateways(request: pytest.FixtureRequest) -> Gateways:
    seen: Gateways = request.getfixturevalue(f"{request.param}_gateways")
    return seen


async def test_what_is_told_reaches_all_who_hold_the_owner_and_the_sender(gateways: Gateways) -> None:
    heard: list[tuple[str, UserKey, Roll]] = []
    gateways.first.listen(lambda owner, roll: heard.append(("first", owner, roll)))
    gateways.second.listen(lambda owner, roll: heard.append(("second", owner, roll)))
    gateways.first.tell(ALICE, ROLL)
    await eventually(lambda: len(heard) == 2)
    assert sorted(heard) == [("first", ALICE, ROLL), ("second", ALICE, ROLL)]
    assert not gateways.events


async def test_an_answer_can_be_told_while_a_call_is_heard(gateways: Gateways) -> None:
    heard: list[Roll] = []
    answer = Roll(ROLL.call, "gateway-2", (), asks=False)
    gateways.first.listen(lambda _, roll: heard.append(roll))
    gateways.second.listen(lambda owner, roll: gateways.second.tell(owner, answer) if roll.asks else None)
    gateways.first.tell(ALICE, ROLL)
    await eventually(lambda: set(heard) == {ROLL, answer})


@pytest.mark.parametrize(
    "junk",
    [
        b"{", b"{}", b'{"call":"a","gateway":"b","held":[{"connected_at":"x","sid":"c"}],"asks":true}',
        b'{"call":"","gateway":"b","held":[],"asks":true}',
        b'{"call":"a","gateway":"' + b"b" * 129 + b'","held":[],"asks":true}',
        b'{"call":"a","gateway":"b","held":[' + b",".join([b'{"connected_at":1,"sid":"c"}'] * 101) + b'],"asks":true}',
    ],
    ids=lambda junk: junk[:40].decode(),
)  # fmt: skip
async def test_junk_is_not_heard_and_what_follows_is(nats_server: NatsServer, junk: bytes) -> None:
    connection = await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract")
    inbox = NatsInboxBus(connection)
    await inbox.subscribe(BOB, lambda _: pytest.fail("that was no event"))
    bus, heard = NatsRollBus(connection, inbox), list[Roll]()
    bus.listen(lambda _, roll: heard.append(roll))
    connection.publish("ntf.inbox.acme.bob", junk)
    bus.tell(BOB, ROLL)
    await eventually(lambda: bool(heard))
    assert heard == [ROLL]
    await connection.close()
