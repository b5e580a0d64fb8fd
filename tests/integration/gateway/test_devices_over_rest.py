"""Users register what push services wake for them, and nobody else sees or removes it."""

from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest

from notifications.domain.limits import MAX_DEVICES
from tests.integration.gateway.conftest import Act, Query
from tests.support.rest import Answer
from tests.support.stack import Stack

DEVICES = "/api/devices"
POINT = urlsafe_b64encode(b"\x04" + bytes(64)).rstrip(b"=").decode()
AUTH = urlsafe_b64encode(bytes(16)).rstrip(b"=").decode()


def fcm() -> dict[str, Any]:
    return {"kind": "fcm", "token": f"token-{uuid4()}"}


def browser(**changes: object) -> dict[str, Any]:
    subscription = {
        "endpoint": f"https://push.example.com/{uuid4()}",
        "expirationTime": None,
        "keys": {"p256dh": POINT, "auth": AUTH},
    }
    return {"kind": "webpush", "subscription": {**subscription, **changes}}


async def register(act: Act, user: str, body: object, **claims: object) -> Answer:
    return await act(user, **claims).request("POST", DEVICES, json=body)


async def devices_of(act: Act, user: str, **claims: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await act(user, **claims).request("GET", DEVICES)).body["devices"]
    return found


@pytest.mark.parametrize(
    "body", [fcm(), {"kind": "apns", "token": "ab" * 32}, browser()], ids=lambda body: body["kind"]
)
async def test_a_device_is_registered_and_listed_without_its_token(act: Act, alice: str, body: dict[str, Any]) -> None:
    answer = await register(act, alice, body, scope="")

    assert (answer.status, set(answer.body), answer.body["kind"]) == (201, {"id", "kind", "createdAt"}, body["kind"])
    assert await devices_of(act, alice) == [answer.body]


async def test_a_device_that_is_registered_again_is_the_same_device(act: Act, alice: str) -> None:
    body = browser()
    first = await register(act, alice, body)

    assert (await register(act, alice, body)).body == first.body
    assert await devices_of(act, alice) == [first.body]


async def test_a_device_that_somebody_else_registers_leaves_its_former_user(act: Act, alice: str, bob: str) -> None:
    body = fcm()
    await register(act, alice, body)
    moved = await register(act, bob, body)

    assert await devices_of(act, alice) == []
    assert await devices_of(act, bob) == [moved.body]


async def test_only_the_owner_removes_a_device(act: Act, alice: str, bob: str) -> None:
    id = (await register(act, alice, fcm())).body["id"]

    foreign = [await act(bob).request("DELETE", f"{DEVICES}/{id}")]
    foreign.append(await act(alice, tenant="other").request("DELETE", f"{DEVICES}/{id}"))
    assert [(answer.status, answer.body["code"]) for answer in foreign] == [(404, "NOT_FOUND")] * 2

    assert (await act(alice).request("DELETE", f"{DEVICES}/{id}")).body == {"ok": True}
    assert await devices_of(act, alice) == []


@pytest.mark.parametrize("id", ["nonsense", "7cdea22e-a488-4209-9db5-f2f511b89e43"])
async def test_a_device_that_nobody_registered_is_not_found(act: Act, alice: str, id: str) -> None:
    answer = await act(alice).request("DELETE", f"{DEVICES}/{id}")

    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


async def test_a_user_has_so_many_devices_at_most(act: Act, alice: str) -> None:
    registered = [(await register(act, alice, fcm())).body for _ in range(MAX_DEVICES + 1)]

    assert await devices_of(act, alice) == registered[:0:-1]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "pager", "token": "t"}, "kind"),
        ({"token": "t"}, "kind"),
        ({"kind": "fcm"}, "token"),
        ({"kind": "fcm", "token": ""}, "token"),
        ({"kind": "fcm", "token": "two words"}, "token"),
        ({"kind": "fcm", "token": "t" * 4097}, "token"),
        ({"kind": "apns", "token": "../../other"}, "token"),
        ({"kind": "webpush", "token": "t"}, "token"),
        ({"kind": "fcm", "token": "t", "surprise": 1}, "surprise"),
        (browser(endpoint="http://push.example.com/secret"), "endpoint"),
        (browser(endpoint="https://user:secret@push.example.com/"), "endpoint"),
        (browser(keys={"p256dh": POINT}), "auth"),
        (browser(keys={"p256dh": POINT, "auth": "secret!"}), "auth"),
        (browser(keys={"p256dh": POINT, "auth": "AAAAA"}), "auth"),
        (browser(keys={"p256dh": AUTH, "auth": AUTH}), "p256dh"),
        ([], "object"),
    ],
)
async def test_what_is_no_device_is_refused_by_its_field_and_not_told(
    act: Act, alice: str, body: object, told: str
) -> None:
    answer = await register(act, alice, body)

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert told in answer.body["detail"]
    assert "secret" not in answer.body["detail"]
    assert await devices_of(act, alice) == []


async def test_without_web_push_there_is_no_key_to_subscribe_with(act: Act, alice: str) -> None:
    answer = await act(alice).request("GET", f"{DEVICES}/webpush-key")

    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
    assert "not configured" in answer.body["detail"]


async def test_devices_are_for_those_with_a_token_only(act: Act, alice: str) -> None:
    nobody = {"Authorization": ""}
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/webpush-key"), ("DELETE", f"/{uuid4()}")):
        answer = await act(alice).request(method, DEVICES + path, headers=nobody)
        assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED")


async def test_no_log_holds_a_token(stack: Stack, act: Act, query: Query, alice: str) -> None:
    token = f"unmistakable-{uuid4()}"
    await register(act, alice, {"kind": "fcm", "token": token})
    await register(act, alice, {"kind": "apns", "token": token})

    assert token in query(f"SELECT target FROM devices WHERE user_id = '{alice}'")
    assert not [name for name in ("postgres", *stack.workloads) if token in stack.log(name)]
