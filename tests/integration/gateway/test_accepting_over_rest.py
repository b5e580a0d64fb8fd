"""201 means committed; what cannot be accepted is a problem that says why."""

import asyncio
import json
import time
from typing import Any
from uuid import UUID

import pytest

from notifications.domain.ids import time_of
from tests.integration.gateway.conftest import Act, Query
from tests.support.rest import PATH, Answer
from tests.support.stack import Stack


def body(*recipients: str, **fields: object) -> dict[str, Any]:
    return {"recipients": recipients, "type": "message", "content": "Hello", **fields}


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.body["status"], answer.body["code"]) == (status, status, code)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert {"type", "title", "detail"} < answer.body.keys()


async def test_an_accepted_notification_is_answered_by_where_its_copies_stand(act: Act, alice: str, bob: str) -> None:
    answer = await act("producer").post(body(alice, bob))
    assert answer.status == 201
    assert sorted(answer.body) == ["id", "notifications"]
    assert UUID(answer.body["id"]).version == 7
    first, second = answer.body["notifications"]
    assert {name: first[name] for name in ("recipientId", "seq", "state")} == {
        "recipientId": alice,
        "seq": 1,
        "state": "queued",
    }
    assert second["recipientId"] == bob
    assert sorted(first) == ["id", "recipientId", "seq", "state"]
    ids = [UUID(placed["id"]) for placed in (answer.body, first, second)]
    assert len(set(ids)) == 3
    assert {time_of(id) for id in ids} == {time_of(ids[0])}
    assert abs(time_of(ids[0]).timestamp() - time.time()) < 5


async def test_a_recipient_named_twice_gets_one_copy(act: Act, alice: str, bob: str) -> None:
    placed = await act("producer").notify(alice, bob, alice)
    assert [copy["recipientId"] for copy in placed] == [alice, bob]


async def test_numbers_of_an_inbox_follow_each_other(act: Act, alice: str) -> None:
    assert [(await act("producer").notify(alice))[0]["seq"] for _ in range(3)] == [1, 2, 3]


async def test_a_thousand_recipients_are_accepted_at_once(act: Act, alice: str) -> None:
    users = [f"{alice}-{number}" for number in range(1_000)]
    assert [copy["recipientId"] for copy in await act("producer").notify(*users)] == users


async def test_every_field_is_kept(act: Act, alice: str) -> None:
    fields: dict[str, Any] = {
        "type": "order.shipped",
        "content": "Zoë: 🎺\n<b>\u202eabc",
        "priority": "critical",
        "actor": {"id": "7", "name": "Z", "avatarUrl": "https://example.com/z.png"},
        "entity": {"type": "order", "id": "12"},
        "metadata": {"a": [1, 2.5, None, {"é": True}], "big": 12345678901234567890, "tiny": 1e-300},
    }
    await act("producer").post({"recipients": [alice], **fields, "expiresAt": "2999-01-01T00:00:00Z"})
    (shown,) = (await act(alice).list()).body["notifications"]
    assert {name: shown[name] for name in fields} == fields
    assert shown["readAt"] is None


async def test_what_has_expired_is_accepted_no_more_and_shown_no_more(act: Act, alice: str) -> None:
    assert_problem(await act("producer").post(body(alice, expiresAt="2020-01-01T00:00:00Z")), 400, "INVALID")
    assert (await act(alice).list()).body["pagination"]["total"] == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipients": []}, "recipients"),
        ({"type": "Not A Type"}, "type"),
        ({"content": None}, "content"),
        ({"priority": "urgent"}, "priority"),
        ({"metadata": []}, "metadata"),
        ({"expiresAt": "9999-12-31T23:59:59-23:59"}, "expiresAt"),
        ({"typo": 1}, "typo"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_refusal_names_the_field(act: Act, alice: str, changes: dict[str, object], field: str) -> None:
    answer = await act("producer").post({**body(alice), **changes})
    assert_problem(answer, 400, "INVALID")
    assert field in answer.body["detail"]


async def test_content_beyond_the_limit_is_too_large(act: Act, alice: str) -> None:
    assert_problem(await act("producer").post(body(alice, content="x" * 16_385)), 413, "TOO_LARGE")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer\u00a0x"], ids=repr)
async def test_without_a_good_token_nobody_gets_in(act: Act, alice: str, header: str) -> None:
    rest = act(alice)
    for method, path in (("GET", PATH), ("POST", PATH), ("PATCH", f"{PATH}/1/read"), ("POST", f"{PATH}/read-all")):
        answer = await rest.request(method, path, headers={"Authorization": header})
        assert_problem(answer, 401, "UNAUTHENTICATED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_expired_token_is_told_by_its_own_code(act: Act, alice: str) -> None:
    answer = await act(alice, exp=int(time.time()) - 60).list()
    assert_problem(answer, 401, "TOKEN_EXPIRED")
    assert answer.body["detail"] == "Token expired"


async def test_only_producers_may_send(act: Act, alice: str) -> None:
    answer = await act("producer", scope="notifications:read").post(body(alice))
    assert_problem(answer, 403, "FORBIDDEN")
    assert "notifications:write" in answer.body["detail"]
    assert (await act(alice, scope="").list()).status == 200


async def test_a_repeat_with_its_key_is_answered_byte_for_byte_the_same(act: Act, alice: str, bob: str) -> None:
    answers = [await act("producer").post(body(alice, bob), f"key {alice}") for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.raw for answer in answers}) == 1
    assert (await act(alice).list()).body["pagination"]["total"] == 1


async def test_a_key_that_comes_back_with_another_body_is_refused(act: Act, alice: str) -> None:
    await act("producer").post(body(alice), f"key {alice}")
    answer = await act("producer").post(body(alice, content="Goodbye"), f"key {alice}")
    assert_problem(answer, 422, "INVALID")
    assert "Idempotency-Key" in answer.body["detail"]
    assert (await act(alice).list()).body["pagination"]["total"] == 1


async def test_tenants_do_not_share_keys(act: Act, alice: str) -> None:
    one = await act("producer", tenant="one").post(body(alice), f"key {alice}")
    other = await act("producer", tenant="other").post(body(alice), f"key {alice}")
    assert (one.status, other.status) == (201, 201)
    assert one.body["id"] != other.body["id"]


async def test_without_a_key_a_repeat_is_another_notification(act: Act, alice: str) -> None:
    ids = {copy["id"] for _ in range(2) for copy in await act("producer").notify(alice)}
    assert len(ids) == 2


@pytest.mark.parametrize(("key", "status"), [("k" * 128, 201), ("k" * 129, 413), ("a\tb", 201)])
async def test_a_key_has_at_most_128_characters(act: Act, alice: str, key: str, status: int) -> None:
    assert (await act("producer", tenant=alice).post(body(alice), key)).status == status


async def test_an_empty_key_is_a_mistake(act: Act, alice: str) -> None:
    answer = await act("producer").request("POST", PATH, headers={"Idempotency-Key": ""}, json=body(alice))
    assert_problem(answer, 400, "INVALID")
    assert answer.body["detail"] == "Idempotency-Key is empty"


async def test_a_hundred_concurrent_twins_make_one_row_and_identical_answers(
    stack: Stack, act: Act, query: Query, alice: str
) -> None:
    producer, document = act("producer"), body(alice)
    answers = await asyncio.gather(*(producer.post(document, f"twins {alice}") for _ in range(100)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.raw for answer in answers}) == 1
    assert query(f"select count(*) from notifications where recipient_id = '{alice}'") == "1"
    (copy,) = answers[0].body["notifications"]
    assert query(f"select id from notifications where recipient_id = '{alice}'") == copy["id"]
    assert {json.loads(answer.raw)["id"] for answer in answers} == {answers[0].body["id"]}


async def test_concurrent_requests_with_one_key_and_two_bodies_have_one_winner(
    act: Act, query: Query, alice: str
) -> None:
    producer = act("producer")
    bodies = [body(alice, content=f"{number % 2}") for number in range(40)]
    answers = await asyncio.gather(*(producer.post(each, f"rivals {alice}") for each in bodies))
    assert {answer.status for answer in answers} == {201, 422}
    assert len({answer.raw for answer in answers if answer.status == 201}) == 1
    assert query(f"select count(*) from notifications where recipient_id = '{alice}'") == "1"
