"""Rooms as recipients: what is sent to a room comes to its members, once, on every device."""

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import Act, Query
from tests.support.device import join
from tests.support.rest import PATH, Answer
from tests.support.stack import Stack
from tests.support.waiting import eventually


@pytest.fixture
def room(alice: str) -> str:
    """A room nobody else has heard of."""
    return f"group:{alice}"


def body(room: str, **fields: object) -> dict[str, Any]:
    return {"room": room, "type": "message", "content": "Hello", **fields}


def path_of(room: str, *more: str) -> str:
    return "/".join(["/api/rooms", *(quote(part, safe="") for part in (room, *more))])


async def enter(act: Act, room: str, *users: str) -> None:
    for user in users:
        answer = await act("producer").request("PUT", path_of(room, "members", user))
        assert (answer.status, answer.body) == (200, {"ok": True})


async def send(act: Act, room: str, **fields: object) -> str:
    answer = await act("producer").post(body(room, **fields))
    assert answer.status == 201, answer
    id: str = answer.body["id"]
    return id


async def finish(act: Act, room: str, id: str) -> dict[str, Any]:
    """Wait until a request is expanded, and return what is told of it."""

    async def ask() -> dict[str, Any] | None:
        answer = await act("producer").request("GET", path_of(room, "requests", id))
        assert answer.status == 200, answer
        told: dict[str, Any] = answer.body
        return None if told["state"] == "accepted" else told

    told: dict[str, Any] | None = await eventually(ask, what="the end of the expansion")
    assert told is not None
    return told


async def contents(act: Act, user: str) -> list[str]:
    return [notification["content"] for notification in (await act(user).list()).body["notifications"]]


async def members(act: Act, room: str, **query: object) -> Answer:
    params = {name: str(value) for name, value in query.items()}
    return await act("producer").request("GET", path_of(room, "members"), params=params)


async def test_what_is_sent_to_a_room_comes_to_the_sockets_of_its_members(
    stack: Stack, act: Act, alice: str, bob: str, room: str
) -> None:
    await enter(act, room, alice, bob)
    async with join(stack.url, stack.token(alice)) as first, join(stack.url, stack.token(bob)) as second:
        answer = await act("producer").post(body(room))

        assert (answer.status, answer.body) == (201, {"id": answer.body["id"], "room": room, "state": "accepted"})
        for device in (first, second):
            shown, _ = await device.expect("notification")
            assert (shown["content"], shown["seq"], shown["prev"]) == ("Hello", 1, 0)
        told = await finish(act, room, answer.body["id"])
    assert told == {"id": answer.body["id"], "room": room, "state": "expanded", "members": 2}
    assert await contents(act, alice) == ["Hello"]


async def test_a_room_of_more_than_a_chunk_is_reached_whole(stack: Stack, act: Act, query: Query, room: str) -> None:
    query(f"insert into room_members select 'default', '{room}', '{room}-' || n, now() from generate_series(1, 2500) n")

    told = await finish(act, room, await send(act, room))

    assert (told["state"], told["members"]) == ("expanded", 2_500)
    reached = f"select count(*), count(distinct recipient_id) from notifications where recipient_id like '{room}-%'"
    assert query(reached) == "2500|2500"


async def test_a_repeat_with_its_key_is_answered_the_same_and_sent_once(act: Act, alice: str, room: str) -> None:
    await enter(act, room, alice)
    key = str(uuid4())

    answers = await asyncio.gather(*(act("producer").post(body(room), key) for _ in range(20)))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.raw for answer in answers}) == 1
    await finish(act, room, answers[0].body["id"])
    assert await contents(act, alice) == ["Hello"]
    for other in (body(room, content="other"), {**body(room), "room": "group:other"}):
        assert (await act("producer").post(other, key)).status == 422


async def test_rooms_and_recipients_are_sent_to_in_bulk(act: Act, alice: str, bob: str, room: str) -> None:
    await enter(act, room, alice)
    bodies = [
        body(room),
        {**body(room), "recipients": [bob]},
        {"recipients": [bob], "type": "message", "content": "Hi"},
    ]

    answer = await act("producer").request("POST", f"{PATH}/bulk", json=bodies)

    first, second, third = answer.body["results"]
    assert first == {"status": 201, "id": first["id"], "room": room, "state": "accepted"}
    assert (second["status"], second["code"]) == (400, "INVALID")
    assert "recipients or a room" in second["detail"]
    assert (third["status"], third["notifications"][0]["recipientId"]) == (201, bob)
    await finish(act, room, first["id"])
    assert await contents(act, alice) == ["Hello"]


async def test_neither_recipients_nor_a_room_is_refused(act: Act) -> None:
    answer = await act("producer").post({"type": "message", "content": "Hello"})

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert "recipients or a room" in answer.body["detail"]


@pytest.mark.parametrize("name", ["group:", "a::b", "group:*", "a:b:c:d:e:f:g:h:i", "x" * 129])
async def test_what_could_never_be_a_room_is_refused_everywhere(act: Act, name: str) -> None:
    expected = 413 if len(name) > 128 else 400
    for method, path in (
        ("GET", path_of(name, "members")),
        ("PUT", path_of(name, "members", "alice")),
        ("DELETE", path_of(name, "members", "alice")),
        ("PUT", path_of(name, "mute")),
        ("DELETE", path_of(name, "mute")),
        ("GET", path_of(name, "requests", str(uuid4()))),
    ):
        assert (await act("producer").request(method, path)).status == expected, (method, path)
    assert (await act("producer").post(body(name))).status == expected


async def test_names_with_slashes_and_other_letters_are_names(act: Act, alice: str) -> None:
    room, user = f"group:a/b ü%2F{alice}", f"{alice}/é?#%"
    await enter(act, room, user)

    assert [member["userId"] for member in (await members(act, room)).body["members"]] == [user]
    assert (await members(act, f"group:a/b ü/{alice}")).body["members"] == []


async def test_joining_and_leaving_may_be_repeated(act: Act, alice: str, bob: str, room: str) -> None:
    await enter(act, room, bob, alice, bob)
    listed = (await members(act, room)).body
    assert ([member["userId"] for member in listed["members"]], listed["hasMore"]) == (sorted([alice, bob]), False)
    assert all(member["joinedAt"].endswith("Z") for member in listed["members"])

    for _ in range(2):
        answer = await act("producer").request("DELETE", path_of(room, "members", bob))
        assert (answer.status, answer.body) == (200, {"ok": True})
    assert [member["userId"] for member in (await members(act, room)).body["members"]] == [alice]


async def test_members_are_listed_page_by_page(act: Act, room: str) -> None:
    await enter(act, room, "a", "b", "c")

    first = (await members(act, room, limit=2)).body
    assert ([member["userId"] for member in first["members"]], first["hasMore"]) == (["a", "b"], True)
    rest = (await members(act, room, limit=2, after="b")).body
    assert ([member["userId"] for member in rest["members"]], rest["hasMore"]) == (["c"], False)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"after": ""}, {"after": "a\0"}])
async def test_a_page_that_makes_no_sense_is_refused(act: Act, room: str, query: dict[str, object]) -> None:
    assert (await members(act, room, **query)).status == 400


async def test_only_producers_of_the_tenant_see_and_change_members(act: Act, alice: str, room: str) -> None:
    await enter(act, room, alice)
    id = await send(act, room)
    for method, path in (
        ("GET", path_of(room, "members")),
        ("PUT", path_of(room, "members", alice)),
        ("DELETE", path_of(room, "members", alice)),
        ("GET", path_of(room, "requests", id)),
    ):
        assert (await act(alice, scope="").request(method, path)).status == 403
    stranger = act("producer", tenant="other")
    assert (await stranger.request("GET", path_of(room, "members"))).body["members"] == []
    assert (await stranger.request("DELETE", path_of(room, "members", alice))).status == 200
    assert (await stranger.request("GET", path_of(room, "requests", id))).status == 404
    assert len((await members(act, room)).body["members"]) == 1


async def test_who_has_muted_a_room_hears_of_it_only_what_nobody_may_miss(
    act: Act, alice: str, bob: str, room: str
) -> None:
    await enter(act, room, alice, bob)
    listener = act(alice, scope="")
    for _ in range(2):
        assert (await listener.request("PUT", path_of(room, "mute"))).status == 200
    await finish(act, room, await send(act, room, content="chatter"))
    await finish(act, room, await send(act, room, content="fire", priority="critical"))
    for _ in range(2):
        assert (await listener.request("DELETE", path_of(room, "mute"))).status == 200
    await finish(act, room, await send(act, room, content="again"))

    assert await contents(act, alice) == ["again", "fire"]
    assert await contents(act, bob) == ["again", "fire", "chatter"]


async def test_what_was_sent_to_a_room_is_taken_back(stack: Stack, act: Act, alice: str, bob: str, room: str) -> None:
    await enter(act, room, alice, bob)
    async with join(stack.url, stack.token(alice)) as device:
        id = await send(act, room)
        await device.expect("notification")
        await finish(act, room, id)

        answer = await act("producer").request("DELETE", f"{PATH}/requests/{id}")

        assert (answer.status, answer.body) == (200, {"ok": True, "inboxes": 2})
        change, _ = await device.expect("notification:changed")
    assert change["kind"] == "cancelled"
    assert (await finish(act, room, id))["state"] == "cancelled"
    assert (await contents(act, alice), await contents(act, bob)) == ([], [])


async def test_a_member_who_joins_after_a_request_does_not_get_it(act: Act, alice: str, bob: str, room: str) -> None:
    await enter(act, room, alice)
    id = await send(act, room)
    await enter(act, room, bob)
    await finish(act, room, id)

    assert (await contents(act, alice), await contents(act, bob)) == (["Hello"], [])
