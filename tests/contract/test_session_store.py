"""What ports/sessions.py promises, kept by JetStream and by memory alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from notifications.adapters.memory.sessions import MemorySessionStore
from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Question, connect
from notifications.adapters.nats.sessions import NatsSessionStore
from notifications.domain.errors import Unavailable
from notifications.domain.saved import Saved
from notifications.ports.sessions import SessionStore
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

FIRST = Saved("acme", "first-id", b"first")
SECOND = Saved("acme", "second-id", b"second")


class Stores:
    """Gateways that share one store, which can lose everything."""

    def __init__(self, first: SessionStore, second: SessionStore, wipe: Callable[[], Awaitable[None]]) -> None:
        self.first = first
        self.second = second
        self.wipe = wipe


@pytest.fixture
async def memory_stores() -> Stores:
    store = MemorySessionStore()

    async def wipe() -> None:
        store.wipe()

    return Stores(store, store, wipe)


@pytest.fixture
async def nats_stores(private_nats: NatsServer) -> AsyncIterator[Stores]:
    password = private_nats.password("gateway")
    connections = [await connect([private_nats.url], "gateway", password, "contract") for _ in range(2)]

    async def wipe() -> None:
        await asyncio.to_thread(private_nats.kill)
        await eventually(lambda: not any(connection.connected for connection in connections))
        private_nats.wipe()
        await asyncio.to_thread(private_nats.start)
        await eventually(lambda: all(connection.connected for connection in connections))

    yield Stores(NatsSessionStore(connections[0]), NatsSessionStore(connections[1]), wipe)
    for connection in connections:
        await connection.close()


@pytest.fixture(params=["memory", "nats"])
def stores(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(f"{request.param}_stores")
    return found


async def put(store: SessionStore, saved: Saved) -> int | None:
    (number,) = await store.put([saved])
    assert not isinstance(number, Unavailable)
    return number


async def test_what_was_saved_is_found_at_another_gateway_by_who_knows_where(stores: Stores) -> None:
    assert await stores.second.get("acme", "first-id") is None
    assert None not in await stores.first.put([FIRST, SECOND])
    assert await stores.second.get("acme", "first-id") == b"first"
    assert await stores.second.get("acme", "second-id") == b"second"
    assert await stores.second.get("other", "first-id") is None


async def test_the_last_counts(stores: Stores) -> None:
    (number,) = await stores.first.put([FIRST])
    (later,) = await stores.second.put([replace(FIRST, body=b"later")])
    assert number != later
    assert await stores.first.get("acme", "first-id") == b"later"


async def test_who_names_a_number_replaces_that_and_nothing_else(stores: Stores) -> None:
    number = await put(stores.first, replace(FIRST, number=0))
    (again,) = await stores.first.put([replace(FIRST, number=number, body=b"again")])
    assert again is not None
    late = replace(FIRST, number=number, body=b"late")
    assert await stores.second.put([late, replace(late, number=0)]) == [None, None]
    assert await stores.second.get("acme", "first-id") == b"again"


async def test_what_was_forgotten_is_gone(stores: Stores) -> None:
    await stores.first.put([FIRST])
    stores.first.forget("acme", "first-id")

    async def is_gone() -> bool:
        return await stores.second.get("acme", "first-id") is None

    await eventually(is_gone)


async def test_a_store_that_lost_everything_goes_on(stores: Stores) -> None:
    number = await put(stores.first, FIRST)
    await stores.wipe()
    assert await stores.second.get("acme", "first-id") is None
    assert await stores.first.put([replace(FIRST, number=number)]) == [None]
    assert None not in await stores.first.put([replace(FIRST, number=0)])
    assert await stores.second.get("acme", "first-id") == b"first"


async def test_an_answer_that_is_lost_costs_no_other_its_number(
    private_nats: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connect([private_nats.url], "gateway", private_nats.password("gateway"), "contract")
    store, ask_each = NatsSessionStore(connection), connection.ask_each
    before = await put(store, SECOND)

    async def lose_first(questions: Sequence[Question]) -> list[Message | None]:
        return [None, *(await ask_each(questions))[1:]]

    monkeypatch.setattr(connection, "ask_each", lose_first)
    lost, number = await store.put([FIRST, replace(SECOND, number=before)])
    assert isinstance(lost, Unavailable)
    assert isinstance(number, int)
    await connection.close()
