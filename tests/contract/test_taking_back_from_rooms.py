"""What becomes of a request to a room that is taken back, before, during and after its expansion."""

import asyncio

import pytest

from notifications.domain.errors import NotFound
from notifications.domain.limits import CHUNK_PAUSE
from notifications.domain.rooms import RoomState
from tests.contract.rooms import ROOM, expand, fill, hand_in, shown, state_of
from tests.contract.stores import TENANT, Producer, Stores, owner

ALICE = owner("alice")


async def test_taking_back_stops_an_expansion_and_takes_back_what_it_did(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob", "cleo")
    id = await hand_in(stores, producer.write_to(ROOM))
    for _ in range(2):
        await expand(stores, producer, id, 1)
        await stores.later(CHUNK_PAUSE)

    assert set(await stores.requests.cancel(TENANT, id)) == {ALICE, owner("bob")}

    assert [await shown(stores, user) for user in ("alice", "bob", "cleo")] == [[], [], []]
    assert await stores.room_requests.due(10) == []
    assert await stores.room_requests.expand(id, 1, producer.make_id) is None
    assert await state_of(stores, id) == (RoomState.CANCELLED, 2)


async def test_what_nobody_has_yet_can_be_taken_back_again_and_again(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    id = await hand_in(stores, producer.write_to(ROOM))

    assert [await stores.requests.cancel(TENANT, id) for _ in range(2)] == [{}, {}]
    assert await stores.room_requests.due(10) == []


async def test_nobody_takes_back_what_another_tenant_sent(stores: Stores, producer: Producer) -> None:
    id = await hand_in(stores, producer.write_to(ROOM))

    with pytest.raises(NotFound):
        await stores.requests.cancel("other", id)
    assert await state_of(stores, id) == (RoomState.ACCEPTED, 0)


async def test_taking_back_during_an_expansion_leaves_nothing_shown(stores: Stores, producer: Producer) -> None:
    members = [f"user-{number:02}" for number in range(40)]
    await fill(stores, *members)
    id = await hand_in(stores, producer.write_to(ROOM))

    await asyncio.gather(stores.room_requests.expand(id, 1_000, producer.make_id), stores.requests.cancel(TENANT, id))

    assert [await shown(stores, user) for user in members] == [[]] * len(members)
    assert (await state_of(stores, id))[0] is RoomState.CANCELLED
