"""What ports/bus.py promises of inbox events, kept by NATS and by memory alike."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.nats.bus import NatsInboxBus
from notifications.adapters.nats.connection import Connection, connect
from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey
from notifications.ports.bus import InboxBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ALICE = UserKey("acme", "alice")
BOB = UserKey("acme", "bob")


def event(seq: int, body: str = "{}") -> InboxEvent:
    return InboxEvent("notification", seq, seq - 1, body)


@pytest.fixture
def memory_processes() -> tuple[InboxBus, InboxBus, InboxBus]:
    bus = MemoryInboxBus()
    return bus, bus, bus


@pytest.fixture
async def nats_processes(nats_server: NatsServer) -> AsyncIterator[tuple[InboxBus, InboxBus, InboxBus]]:
    connections: list[Connection] = []
    for user in ("worker", "gateway", "gateway"):
        connections.append(await connect([nats_server.url], user, nats_server.password(user), "contract"))
    worker, first, second = (NatsInboxBus(connection) for connection in connections)
    yield worker, first, second
    for connection in connections:
        await connection.close()


@pytest.fixture(params=["memory", "nats"])
def processes(request: pytest.FixtureRequest) -> tuple[InboxBus, InboxBus, InboxBus]:
    """The bus as a worker and two gateways see it."""
    seen: tuple[InboxBus, InboxBus, InboxBus] = request.getfixturevalue(f"{request.param}_processes")
    return seen


async def test_an_event_reaches_the_gateway_that_holds_its_owner(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    heard: list[InboxEvent] = []
    await gateway.subscribe(ALICE, heard.append)
    strange = InboxEvent("notification:changed", 7, 3, '{"content":"a\\nb ☃ 😀"}')
    assert await worker.offer(ALICE, strange)
    await eventually(lambda: heard == [strange])


async def test_an_offer_that_nobody_takes_is_told_so_at_once(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    worker, gateway, _ = processes
    await gateway.subscribe(BOB, print)
    async with asyncio.timeout(1.9):  # a request that nobody answers would take 2 s
        assert not await worker.offer(ALICE, event(1))


async def test_every_gateway_that_holds_the_owner_hears_the_event(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, first, second = processes
    heard: list[tuple[str, InboxEvent]] = []
    await first.subscribe(ALICE, lambda event: heard.append(("first", event)))
    await second.subscribe(ALICE, lambda event: heard.append(("second", event)))
    assert await worker.offer(ALICE, event(1))
    await eventually(lambda: sorted(name for name, _ in heard) == ["first", "second"])


async def test_interest_holds_from_the_moment_that_subscribe_returns(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    for number in range(300):
        owner = UserKey("acme", f"user {number}")
        subscription = await gateway.subscribe(owner, print)
        assert await worker.offer(owner, event(1)), f"subscription {number} was not known yet"
        await subscription.close()


async def test_the_events_of_one_sender_arrive_in_order(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    worker, gateway, _ = processes
    heard: list[int] = []
    await gateway.subscribe(ALICE, lambda event: heard.append(event.seq))
    await asyncio.gather(*(worker.offer(ALICE, event(seq)) for seq in range(2_000)))
    await eventually(lambda: len(heard) == 2_000)
    assert heard == list(range(2_000))


async def test_of_events_offered_at_once_each_has_its_own_answer(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    heard: list[InboxEvent] = []
    await gateway.subscribe(ALICE, heard.append)
    offers = [(ALICE, event(1)), (BOB, event(1)), (ALICE, event(2))]
    assert await worker.offer_each(offers) == [True, False, True]
    assert heard == [event(1), event(2)]


async def test_events_offered_at_once_arrive_in_order(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    worker, gateway, _ = processes
    heard: list[int] = []
    await gateway.subscribe(ALICE, lambda event: heard.append(event.seq))
    assert await worker.offer_each([(ALICE, event(seq)) for seq in range(500)]) == [True] * 500
    assert heard == list(range(500))


async def test_an_owner_hears_nothing_of_others(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    worker, gateway, _ = processes
    strangers = [
        BOB,
        UserKey("acme-2", "alice"),
        UserKey("acme", "Alice"),
        UserKey("acme", "alice.x"),
        UserKey("acme", "*"),
        UserKey("acme", ">"),
        UserKey("acme", "alic"),
        UserKey("acme", "a" * 128),
        UserKey("acme", "%2A"),
    ]
    heard: list[InboxEvent] = []
    await gateway.subscribe(ALICE, heard.append)
    taken: dict[UserKey, list[InboxEvent]] = {stranger: [] for stranger in strangers}
    for stranger in strangers:
        await gateway.subscribe(stranger, taken[stranger].append)
    for seq, stranger in enumerate(strangers, 1):
        assert await worker.offer(stranger, event(seq))
    assert await worker.offer(ALICE, event(100))
    await eventually(lambda: heard)
    assert heard == [event(100)]
    assert taken == {stranger: [event(seq)] for seq, stranger in enumerate(strangers, 1)}


async def test_what_is_told_arrives_as_well(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    worker, gateway, other = processes
    heard: list[InboxEvent] = []
    await gateway.subscribe(ALICE, heard.append)
    await other.tell(ALICE, event(1))
    await eventually(lambda: heard == [event(1)])
    await worker.tell(BOB, event(2))
    assert heard == [event(1)]


async def test_a_gateway_hears_what_it_tells_itself(processes: tuple[InboxBus, InboxBus, InboxBus]) -> None:
    _, gateway, _ = processes
    heard: list[InboxEvent] = []
    await gateway.subscribe(ALICE, heard.append)
    await gateway.tell(ALICE, event(1))
    await eventually(lambda: heard == [event(1)])


async def test_a_closed_subscription_takes_nothing_and_may_be_closed_again(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    subscription = await gateway.subscribe(ALICE, print)
    await subscription.close()
    await subscription.close()
    await eventually(lambda: _refused(worker), what="the end of the interest")


async def _refused(bus: InboxBus) -> bool:
    return not await bus.offer(ALICE, event(1))


async def test_closing_one_of_two_subscriptions_leaves_the_other(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    kept: list[InboxEvent] = []
    given_up: list[InboxEvent] = []
    await gateway.subscribe(ALICE, kept.append)
    subscription = await gateway.subscribe(ALICE, given_up.append)
    await worker.offer(ALICE, event(1))
    await eventually(lambda: kept == given_up == [event(1)])
    await subscription.close()
    await gateway.subscribe(BOB, print)  # by now the server knows of the end as well
    assert await worker.offer(ALICE, event(2))
    await eventually(lambda: kept == [event(1), event(2)])
    assert given_up == [event(1)]


async def test_an_offer_never_waits_for_a_subscription_that_ends(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    for seq in range(200):
        subscription = await gateway.subscribe(ALICE, lambda _: None)
        offering = asyncio.create_task(worker.offer(ALICE, event(seq)))
        await subscription.close()
        assert await offering in (True, False)  # and not Unavailable after the timeout


async def test_a_listener_may_close_its_subscription_while_it_is_called(
    processes: tuple[InboxBus, InboxBus, InboxBus],
) -> None:
    worker, gateway, _ = processes
    closings: list[asyncio.Task[None]] = []
    subscription = await gateway.subscribe(
        ALICE,
        lambda _: closings.append(asyncio.create_task(subscription.close())),
    )
    assert await worker.offer(ALICE, event(1))
    await eventually(lambda: closings)
    await asyncio.gather(*closings)
    await eventually(lambda: _refused(worker), what="the end of the interest")


async def test_a_listener_that_fails_harms_nobody_else(
    processes: tuple[InboxBus, InboxBus, InboxBus], caplog: pytest.LogCaptureFixture
) -> None:
    worker, gateway, _ = processes
    heard: list[InboxEvent] = []

    def fail(_: InboxEvent) -> None:
        raise RuntimeError("broken on purpose")

    await gateway.subscribe(ALICE, fail)
    await gateway.subscribe(ALICE, heard.append)
    for seq in (1, 2):
        assert await worker.offer(ALICE, event(seq))
    await eventually(lambda: heard == [event(1), event(2)])
    assert "broken on purpose" in caplog.text
