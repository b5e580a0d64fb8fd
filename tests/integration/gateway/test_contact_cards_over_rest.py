"""Producers tell how users are reached; the users themselves may see what is known of them."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.rest import Answer
from tests.support.stack import Stack

FULL = {
    "email": "alice@example.com",
    "name": "Alice Müller",
    "locale": "de-AT",
    "webhook": "https://hooks.example.com/alice",
}
NOTHING = dict.fromkeys(FULL)


def path(user: str) -> str:
    return f"/api/users/{quote(user, safe='')}"


async def put(act: Act, user: str, card: object, **claims: object) -> Answer:
    return await act("producer", **claims).request("PUT", path(user), json=card)


async def get(act: Act, asking: str, user: str, **claims: object) -> Answer:
    return await act(asking, **claims).request("GET", path(user))


async def test_what_a_producer_tells_is_answered_and_read_again(act: Act, alice: str) -> None:
    answers = [await put(act, alice, FULL), await get(act, "producer", alice)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, FULL)] * 2


async def test_a_card_is_replaced_whole(act: Act, alice: str) -> None:
    await put(act, alice, FULL)

    assert (await put(act, alice, {"locale": "fr"})).body == {**NOTHING, "locale": "fr"}


@pytest.mark.parametrize("user", ["a/b", "ünï cödé", "..", "100%", "?#"])
async def test_a_user_may_have_any_name(act: Act, user: str) -> None:
    own = f"{user}-{uuid4()}"
    await put(act, own, FULL)

    assert (await get(act, own, own, scope="")).body == FULL


async def test_users_see_their_own_cards_only(act: Act, alice: str, bob: str) -> None:
    await put(act, alice, FULL)

    assert (await get(act, alice, alice, scope="")).body == FULL
    refused = await get(act, bob, alice, scope="")
    assert (refused.status, refused.body["code"]) == (403, "FORBIDDEN")
    foreign = [
        await get(act, "producer", alice, tenant="other"),
        await get(act, alice, alice, tenant="other", scope=""),
    ]
    assert [(answer.status, answer.body["code"]) for answer in foreign] == [(404, "NOT_FOUND")] * 2


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_only_producers_tell_and_forget(act: Act, alice: str, method: str) -> None:
    await put(act, alice, FULL)

    answer = await act(alice, scope="").request(method, path(alice), json={})

    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert (await get(act, "producer", alice)).body == FULL


async def test_who_is_forgotten_has_neither_card_nor_devices(act: Act, alice: str) -> None:
    await put(act, alice, FULL)
    await act(alice).request("POST", "/api/devices", json={"kind": "fcm", "token": f"token-{uuid4()}"})

    for _ in range(2):
        answer = await act("producer").request("DELETE", path(alice))
        assert (answer.status, answer.body) == (200, {"ok": True})

    assert (await get(act, alice, alice)).status == 404
    assert (await act(alice).request("GET", "/api/devices")).body == {"devices": []}


async def test_a_producer_of_another_tenant_forgets_nobody_here(act: Act, alice: str) -> None:
    await put(act, alice, FULL)

    assert (await act("producer", tenant="other").request("DELETE", path(alice))).status == 200
    assert (await put(act, alice, NOTHING, tenant="other")).status == 200

    assert (await get(act, "producer", alice)).body == FULL


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"email": "secret"}, "mail address"),
        ({"email": "Alice <secret@example.com>"}, "email"),
        ({"email": "secret@example.com\nBcc: eve@example.com"}, "mail address"),
        ({"email": 7}, "email"),
        ({"name": "secret\r\n"}, "name"),
        ({"locale": "de_AT"}, "locale"),
        ({"webhook": "http://hooks.example.com/secret"}, "webhook"),
        ({"webhook": "https://user:secret@hooks.example.com/"}, "webhook"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_wrong_card_is_refused_by_its_field_and_not_told(
    act: Act, alice: str, changes: dict[str, object], told: str
) -> None:
    answer: Any = await put(act, alice, {**FULL, **changes})

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert told in answer.body["detail"]
    assert "secret" not in answer.body["detail"]
    assert (await get(act, "producer", alice)).status == 404


async def test_what_is_too_long_is_refused(act: Act, alice: str) -> None:
    answers = [await put(act, "a" * 129, FULL), await put(act, alice, {"name": "a" * 129})]

    assert [(answer.status, answer.body["code"]) for answer in answers] == [(413, "TOO_LARGE")] * 2


async def test_no_log_holds_an_address(stack: Stack, act: Act, alice: str) -> None:
    mark = f"unmistakable-{uuid4()}"
    await put(act, alice, {"email": f"{mark}@example.com", "webhook": f"https://hooks.example.com/{mark}"})
    await put(act, alice, {"email": f"{mark}\r\n@example.com"})

    assert (await get(act, alice, alice)).status == 200
    assert not [name for name in ("postgres", *stack.workloads) if mark in stack.log(name)]
