"""Authorisation, `notification_access` and `action_permission`: nobody reads or changes what belongs to somebody else.

Every operation that is served is tried on everything that somebody has, so a new one is tried as well.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.domain.cursor import decode
from tests.integration.security.conftest import Act, Document
from tests.integration.security.estate import OWNER, PARTS, PREFERENCE, ROOM, TOPIC, Estate, settle_down
from tests.support.device import join
from tests.support.rest import Answer, Rest
from tests.support.stack import Stack

HELLO = {"recipients": ["somebody"], "type": "message", "content": "x"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/notifications"): HELLO,
    ("POST", "/api/notifications/bulk"): [HELLO],
    ("PUT", "/api/notifications/preferences"): [{**PREFERENCE, "enabled": False}],
    ("PUT", "/api/admin/preferences"): [{**PREFERENCE, "enabled": False}],
    ("POST", "/api/devices"): {"kind": "fcm", "token": "mallory" * 8},
    ("PUT", "/api/users/{user}"): {"email": "mallory@example.com"},
    ("PUT", "/api/admin/templates/{type}/{channel}/{locale}"): {"parts": PARTS},
    ("POST", "/api/admin/templates/preview"): {"type": "message", "channel": "email", "parts": PARTS},
    ("POST", "/api/admin/revocations"): {"sub": OWNER},
    ("POST", "/api/topics/{topic}/messages"): {"payload": "x"},
    ("POST", "/api/broadcasts"): {"event": "news", "payload": {}, "to": {"user": OWNER}},
    ("POST", "/api/admin/dead-letters/retry"): {"deadLetters": [{"id": "@id", "channel": "email"}]},
}
PLACES = {
    "{user}": OWNER,
    "{room}": ROOM,
    "{topic}": TOPIC,
    "{type}": "message",
    "{channel}": "email",
    "{locale}": "-",
}


def operations(document: Document) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def attempts(document: Document, estate: Estate) -> Iterator[tuple[str, str, Any]]:
    """Each operation on each thing that the estate has."""
    for method, path in operations(document):
        address = path
        for place, value in PLACES.items():
            address = address.replace(place, value)
        body = BODIES.get((method, path))
        for id in estate.ids if "{id}" in path or "@id" in str(body) else estate.ids[:1]:
            yield method, address.replace("{id}", str(id)), _with_id(body, str(id))


def _with_id(body: Any, id: str) -> Any:
    match body:
        case dict():
            return {name: _with_id(value, id) for name, value in body.items()}
        case list():
            return [_with_id(value, id) for value in body]
    return id if body == "@id" else body


async def assail(estate: Estate, document: Document, stranger: Rest) -> list[Answer]:
    """Try everything; nothing of the estate may come out of it or change by it."""
    before, answers = await estate.look(), []
    for method, path, body in attempts(document, estate):
        answer = await stranger.request(method, path, **({} if body is None else {"json": body}))
        assert estate.mark not in answer.raw.decode(), (method, path)
        assert answer.status < 500, (method, path, answer)
        if any(str(id) in path for id in estate.ids):
            assert answer.status in (400, 401, 403, 404), (method, path, answer)
        answers.append(answer)
    for was, is_now in zip(before, await estate.look(), strict=True):
        assert is_now == was
    return answers


async def test_every_operation_with_a_body_is_tried_with_one(document: Document) -> None:
    wanted = {(m, p) for m, p in operations(document) if "requestBody" in document["paths"][p][m.lower()]}
    assert wanted == set(BODIES), "say in BODIES what a stranger would send"


async def test_another_user_of_the_tenant_reaches_nothing(act: Act, document: Document, tenant: str) -> None:
    estate = await settle_down(act, tenant)
    answers = await assail(estate, document, act("bob", tenant, scope=""))
    assert {403, 404, 200} <= {answer.status for answer in answers}


async def test_a_namesake_of_another_tenant_reaches_nothing_whatever_he_may_there(
    act: Act, document: Document, tenant: str
) -> None:
    estate = await settle_down(act, tenant)
    namesake = act(OWNER, f"{tenant}-other", roles=["admin"])
    answers = await assail(estate, document, namesake)
    assert {201, 404, 200} <= {answer.status for answer in answers}


@pytest.mark.parametrize("claims", [{"exp": 1}, {"iss": "somebody else"}, {"aud": "somebody else"}], ids=str)
async def test_a_token_that_does_not_verify_reaches_nothing(
    act: Act, document: Document, tenant: str, claims: dict[str, Any]
) -> None:
    estate = await settle_down(act, tenant)
    answers = await assail(estate, document, act(OWNER, tenant, roles=["admin"], **claims))
    assert {answer.status for answer in answers} <= {200, 400, 401, 404}, "some are for everybody"
    assert sum(answer.status == 401 for answer in answers) > 30


async def test_over_a_socket_nothing_of_others_is_reached_either(stack: Stack, act: Act, tenant: str) -> None:
    estate = await settle_down(act, tenant)
    before = await estate.look()
    for token in (stack.token("bob", tenant), stack.token(OWNER, f"{tenant}-other", roles=["admin"])):
        async with join(stack.url, token) as device:
            for id in estate.ids:
                for event in ("notification:read", "notification:archive"):
                    answer = await device.call(event, str(id))
                    assert answer["error"]["code"] in ("NOT_FOUND", "INVALID")
            assert (await device.call("notification:readAll"))["ok"]
            missed = await device.call("notifications:sync", {"since": "2020-01-01T00:00:00Z"})
            assert missed["notifications"] == []
            assert decode(missed["cursor"]).inbox_seq == 0
            assert estate.mark not in str(device.packets)
    for was, is_now in zip(before, await estate.look(), strict=True):
        assert is_now == was
