"""Injection, `input_validation`: what does not fit is refused by its name, and values are never more than values."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.security.conftest import Act, Document
from tests.support.rest import PATH

SQL = "'; DROP TABLE notifications; --"
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<x/>",
    "a word": b'"x"',
    "a number": b"7",
    "null": b"null",
    "another shape": b'{"surprise": {"$gt": ""}}',
    "a list of another shape": b'[{"surprise": 1}]',
    "too deep": b"[" * 50_000,
    "no UTF-8": b'{"a": "\xff"}',
    "a prototype": b'{"__proto__": {"admin": true}}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_every_operation_refuses_a_body_of_another_shape(
    act: Act, document: Document, tenant: str, body: bytes
) -> None:
    root = act("root", tenant, roles=["admin"])
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                address = _fill(path, "message")
                answer = await root.request(method.upper(), address, data=body)
                # Of many at once each is judged by itself
                for judged in answer.body["results"] if answer.status == 200 else [answer.body]:
                    assert (judged["status"], judged["code"]) == (400, "INVALID"), (method, path, answer)
                tried += 1
    assert tried > 7


@pytest.mark.parametrize("value", [SQL, "../../etc/passwd", "%00", "*", ">", "a.b.>", "x" * 300, "\u202e"])
async def test_every_operation_stands_hostile_values_in_its_path(
    act: Act, document: Document, tenant: str, value: str
) -> None:
    root = act("root", tenant, roles=["admin"])
    for path, methods in document["paths"].items():
        for method in methods if "{" in path else ():
            answer = await root.request(method.upper(), _fill(path, quote(value, safe="%")), data=b"{}")
            assert answer.status < 500, (method, path, answer)


async def test_sql_in_a_value_is_stored_and_found_as_a_value(act: Act, tenant: str) -> None:
    producer, victim = act("producer", tenant), act(SQL, tenant)
    fields: dict[str, Any] = {
        "actor": {"id": SQL, "name": SQL},
        "entity": {"type": "post", "id": SQL},
        "metadata": {SQL: SQL},
    }
    answer = await producer.post({"recipients": [SQL], "type": "message", "content": SQL, **fields}, key=SQL)
    assert answer.status == 201
    again = await producer.post({"recipients": [SQL], "type": "message", "content": SQL, **fields}, key=SQL)
    assert again.raw == answer.raw
    (shown,) = (await victim.list()).body["notifications"]
    assert (shown["content"], shown["actor"]["id"], shown["entity"]["id"]) == (SQL, SQL, SQL)
    assert shown["metadata"] == {SQL: SQL}
    card = {"name": SQL, "email": None, "locale": None, "webhook": None}
    put = await producer.request("PUT", f"/api/users/{quote(SQL, safe='')}", data=json.dumps(card))
    assert (put.status, (await victim.request("GET", f"/api/users/{quote(SQL, safe='')}")).body["name"]) == (200, SQL)


@pytest.mark.parametrize("query", ["limit=1;DROP", "page=1 OR 1=1", "after=' OR ''='", "unreadOnly=true--"])
async def test_sql_in_a_query_is_invalid(act: Act, query: str) -> None:
    answer = await act("alice").request("GET", f"{PATH}?{query}")
    assert (answer.status, answer.body["code"]) == (400, "INVALID")


def _fill(path: str, value: str) -> str:
    for place in ("id", "user", "room", "topic", "type", "channel", "locale"):
        path = path.replace(f"{{{place}}}", value)
    return path
