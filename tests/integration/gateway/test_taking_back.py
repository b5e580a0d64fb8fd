"""What was sent can be taken back, archived, and followed on its way; and many can be sent at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.rest import PATH, Answer
from tests.support.stack import Stack
from tests.support.waiting import eventually

BULK = f"{PATH}/bulk"


def body(*recipients: str, **fields: object) -> dict[str, Any]:
    return {"recipients": recipients, "type": "message", "content": "Hello", **fields}


async def cancel(act: Act, request: object) -> Answer:
    return await act("producer").request("DELETE", f"{PATH}/requests/{request}")


async def ids_of(act: Act, user: str) -> list[str]:
    return [notification["id"] for notification in (await act(user).list()).body["notifications"]]


async def test_what_was_sent_is_taken_back_from_every_device(stack: Stack, act: Act, alice: str, bob: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        sent = await act("producer").post(body(alice, bob))
        await device.expect("notification")

        answer = await cancel(act, sent.body["id"])

        assert (answer.status, answer.body) == (200, {"ok": True, "inboxes": 2})
        change, _ = await device.expect("notification:changed")
    assert (change["kind"], change["ids"]) == ("cancelled", [sent.body["notifications"][0]["id"]])
    assert (await ids_of(act, alice), await ids_of(act, bob)) == ([], [])


async def test_what_waits_for_its_time_is_taken_back_before_anybody_sees_it(act: Act, alice: str) -> None:
    due = datetime.now(UTC) + timedelta(days=1)
    sent = await act("producer").post(body(alice, sendAt=due.isoformat()))

    answer = await cancel(act, sent.body["id"])

    assert (answer.status, answer.body) == (200, {"ok": True, "inboxes": 0})
    path = f"{PATH}/{sent.body['notifications'][0]['id']}/deliveries"
    assert [each["state"] for each in (await act("producer").request("GET", path)).body["deliveries"]] == ["cancelled"]


@pytest.mark.parametrize("id", ["nonsense", "77448583-471b-4a5c-b9c4-138af9abcdc0"])
async def test_what_was_never_sent_cannot_be_taken_back(act: Act, id: str) -> None:
    answer = await cancel(act, id)

    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


async def test_only_producers_of_the_tenant_take_back(act: Act, alice: str) -> None:
    sent = await act("producer").post(body(alice))
    path = f"{PATH}/requests/{sent.body['id']}"

    assert (await act(alice, scope="").request("DELETE", path)).status == 403
    assert (await act("producer", tenant="other").request("DELETE", path)).status == 404
    assert len(await ids_of(act, alice)) == 1


async def test_what_is_archived_leaves_the_list_on_all_devices(stack: Stack, act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        answer = await act(alice).request("PATCH", f"{PATH}/{placed['id']}/archive")
        change, _ = await device.expect("notification:changed")

    assert (answer.status, change["kind"], change["unread"]) == (200, "archived", 0)
    assert await ids_of(act, alice) == []


async def test_nobody_archives_what_is_not_theirs(act: Act, alice: str, bob: str) -> None:
    (placed,) = await act("producer").notify(alice)

    assert (await act(bob).request("PATCH", f"{PATH}/{placed['id']}/archive")).status == 404
    assert await ids_of(act, alice) == [placed["id"]]


async def test_a_notification_can_be_followed_on_its_way(stack: Stack, act: Act, alice: str, bob: str) -> None:
    (placed,) = await act("producer").notify(alice)
    path = f"{PATH}/{placed['id']}/deliveries"

    async def outcome() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await act(alice, scope="").request("GET", path)).body["deliveries"]
        return found

    (delivery,) = await eventually(outcome, what="an outcome")
    assert (delivery["channel"], delivery["state"], delivery["attempts"]) == ("websocket", "offline", 1)
    assert (await act("producer").request("GET", path)).body["deliveries"] == [delivery]
    assert (await act(bob, scope="").request("GET", path)).status == 404


async def test_many_are_sent_at_once_and_each_is_answered_by_itself(act: Act, alice: str, bob: str) -> None:
    answer = await act("producer").request("POST", BULK, json=[body(alice), body(), body(bob, type="No!")])

    assert answer.status == 200
    first, second, third = answer.body["results"]
    assert (first["status"], first["notifications"][0]["recipientId"]) == (201, alice)
    assert [(each["status"], each["code"]) for each in (second, third)] == [(400, "INVALID"), (400, "INVALID")]
    assert "recipients" in second["detail"]
    assert await ids_of(act, alice) == [first["notifications"][0]["id"]]


async def test_many_with_one_key_are_sent_once(act: Act, alice: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    bodies = [body(alice, content=f"number {number}") for number in range(3)]

    first = await act("producer").request("POST", BULK, json=bodies, headers=headers)
    again = await act("producer").request("POST", BULK, json=bodies, headers=headers)
    other = await act("producer").request("POST", BULK, json=[body(alice, content="other")], headers=headers)

    assert again.body == first.body
    assert [each["status"] for each in other.body["results"]] == [422]
    assert len(await ids_of(act, alice)) == 3


@pytest.mark.parametrize(("key", "status"), [("", 400), ("k" * 128, 200), ("k" * 129, 413)])
async def test_a_key_for_many_is_as_good_as_one_for_a_single_one(act: Act, alice: str, key: str, status: int) -> None:
    headers = {"Idempotency-Key": key}
    answer = await act("producer", tenant=alice).request("POST", BULK, json=[body(alice)], headers=headers)

    assert answer.status == status
    assert [each["status"] for each in answer.body.get("results", [])] == [201] * (status == 200)


@pytest.mark.parametrize(
    "bodies", [[], [body("alice")] * 101, body("alice"), "many"], ids=["none", "101", "one", "text"]
)
async def test_what_is_no_list_of_1_to_100_is_refused(act: Act, bodies: object) -> None:
    answer = await act("producer").request("POST", BULK, json=bodies)

    assert (answer.status, answer.body["code"]) == (400, "INVALID")


async def test_only_producers_send_many(act: Act, alice: str) -> None:
    assert (await act(alice, scope="").request("POST", BULK, json=[body(alice)])).status == 403
