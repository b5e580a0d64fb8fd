"""What RoomStore promises."""

import asyncio

import pytest

from notifications.adapters.memory import rooms as memory_rooms
from notifications.adapters.postgres import rooms as postgres_rooms
from notifications.domain.errors import TooLarge
from notifications.domain.rooms import Seat
from tests.contract.stores import TENANT, Stores, owner

ROOM = "group:7"


async def users(stores: Stores, after: str = "", limit: int = 100, tenant: str = TENANT, room: str = ROOM) -> list[str]:
    return [member.user for member in await stores.rooms.members(tenant, room, after, limit)]


async def test_members_are_listed_by_id_byte_for_byte(stores: Stores) -> None:
    for user in ("bob", "Zoë", "alice", "élodie"):
        await stores.rooms.join(TENANT, ROOM, user)

    assert await users(stores) == ["Zoë", "alice", "bob", "élodie"]


async def test_a_page_goes_on_after_the_last_id_of_the_one_before(stores: Stores) -> None:
    for number in range(5):
        await stores.rooms.join(TENANT, ROOM, f"user-{number}")

    assert await users(stores, limit=2) == ["user-0", "user-1"]
    assert await users(stores, after="user-1", limit=2) == ["user-2", "user-3"]
    assert await users(stores, after="user-4") == []


async def test_who_joins_again_is_a_member_since_the_first_time(stores: Stores) -> None:
    await stores.rooms.join(TENANT, ROOM, "alice")
    (before,) = await stores.rooms.members(TENANT, ROOM, "", 10)
    await stores.later(60)
    await stores.rooms.join(TENANT, ROOM, "alice")

    assert await stores.rooms.members(TENANT, ROOM, "", 10) == (before,)


async def test_who_has_left_is_no_member_and_may_leave_again(stores: Stores) -> None:
    await stores.rooms.join(TENANT, ROOM, "alice")
    for _ in range(2):
        await stores.rooms.leave(TENANT, ROOM, "alice")

    assert await users(stores) == []


async def test_rooms_and_tenants_do_not_share_members(stores: Stores) -> None:
    await stores.rooms.join(TENANT, ROOM, "alice")

    assert await users(stores, room="group:8") == []
    assert await users(stores, tenant="other") == []
    await stores.rooms.leave("other", ROOM, "alice")
    assert await users(stores) == ["alice"]


async def test_many_join_at_once(stores: Stores) -> None:
    await asyncio.gather(*(stores.rooms.join(TENANT, ROOM, f"user-{number % 10}") for number in range(40)))

    assert len(await users(stores)) == 10


async def test_how_many_rooms_somebody_has_muted_is_bounded(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (memory_rooms, postgres_rooms):
        monkeypatch.setattr(module, "MAX_MUTES", 2)
    for room in ("group:1", "group:2", "group:1"):
        await stores.rooms.mute(owner("alice"), room)

    with pytest.raises(TooLarge, match="unmute one first"):
        await stores.rooms.mute(owner("alice"), "group:3")
    await stores.rooms.mute(owner("bob"), "group:3")
    await stores.rooms.unmute(owner("alice"), "group:1")
    await stores.rooms.mute(owner("alice"), "group:3")


async def test_whether_seats_are_taken_is_answered_in_their_order(stores: Stores) -> None:
    await stores.rooms.join(TENANT, ROOM, "alice")
    await stores.rooms.join("other", "dm:1", "bob")
    seats = [Seat(TENANT, ROOM, "bob"), Seat(TENANT, ROOM, "alice"), Seat("other", "dm:1", "bob")]
    seats += [Seat("other", ROOM, "alice"), Seat(TENANT, "group:8", "alice"), Seat(TENANT, ROOM, "alice")]

    assert await stores.rooms.are_members(seats) == [False, True, True, False, False, True]
    assert await stores.rooms.are_members([]) == []


async def test_a_conversation_takes_ten_however_many_come_at_once(stores: Stores) -> None:
    joins = (stores.rooms.join(TENANT, "dm:1", f"user-{number}") for number in range(20))
    refusals = [answer for answer in await asyncio.gather(*joins, return_exceptions=True) if answer]

    assert [type(refusal) for refusal in refusals] == [TooLarge] * 10
    assert str(refusals[0]) == "dm:1 is full: a room of its kind has at most 10 members, so remove one first"
    assert len(await users(stores, room="dm:1")) == 10


async def test_a_full_room_knows_its_members_and_fills_a_place_that_becomes_free(stores: Stores) -> None:
    for number in range(10):
        await stores.rooms.join(TENANT, "dm:1", f"user-{number}")

    await stores.rooms.join(TENANT, "dm:1", "user-0")
    await stores.rooms.leave(TENANT, "dm:1", "user-1")
    await stores.rooms.join(TENANT, "dm:1", "alice")
    with pytest.raises(TooLarge):
        await stores.rooms.join(TENANT, "dm:1", "user-1")


async def test_rooms_of_one_kind_and_tenants_are_counted_apart(stores: Stores) -> None:
    for tenant, room in ((TENANT, "user:1"), (TENANT, "user:2"), ("other", "user:1")):
        await stores.rooms.join(tenant, room, "1")

        with pytest.raises(TooLarge, match="is full"):
            await stores.rooms.join(tenant, room, "2")


async def test_rooms_of_other_kinds_take_everybody(stores: Stores) -> None:
    for room in ("admin:broadcast", "dmx:1"):
        await asyncio.gather(*(stores.rooms.join(TENANT, room, f"user-{number}") for number in range(11)))

        assert len(await users(stores, room=room)) == 11
