"""Whether the front or aiohttp serves a POST, nobody can tell by the answer."""

import json
import secrets

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.raw import exchange
from tests.support.stack import Stack

# The front leaves to aiohttp whoever may be a page
TO_THE_LIBRARY = "Origin: https://pages.example\r\n"


async def post(stack: Stack, body: bytes, headers: str) -> tuple[str, dict[str, str], bytes]:
    """The status line, the headers but those that are never the same, and the body of the answer to a raw POST."""
    head = f"POST /api/notifications HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    told, _, answered = (await exchange(stack.url, head.encode() + body)).partition(b"\r\n\r\n")
    status, *lines = told.decode().split("\r\n")
    found = dict(line.split(": ", 1) for line in lines)
    assert found.pop("Date").endswith(" GMT")
    assert int(found.pop("Content-Length")) == len(answered)
    served_by_aiohttp = "aiohttp" in found.pop("Server", "")
    assert served_by_aiohttp == (TO_THE_LIBRARY in headers)
    return status, found, answered


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 200,
        b'{"recipients": ["a"], "type": "message"}',
        b'{"recipients": [], "type": "message", "content": "\xff"}',
        b'{"recipients": ["a"], "type": "message", "content": "c", "metadata": {"a": "' + b"x" * 20_000 + b'"}}',
        b'{"room": "group:nobody", "recipients": ["a"], "type": "message", "content": "c"}',
    ],
    ids=[
        "nothing",
        "half of it",
        "a deep one",
        "no content",
        "no UTF-8",
        "too much metadata",
        "two kinds of recipients",
    ],
)
async def test_what_is_refused_is_refused_alike(stack: Stack, body: bytes) -> None:
    headers = f"Authorization: Bearer {stack.token('producer')}\r\n"
    by_the_front = await post(stack, body, headers)
    assert by_the_front == await post(stack, body, headers + TO_THE_LIBRARY)
    assert not by_the_front[0].endswith(" 201 Created")


@pytest.mark.parametrize(
    "headers",
    ["", "Authorization: Basic abc\r\n", "Authorization: Bearer \r\n", "Authorization: Bearer a.b.c\r\n"],
    ids=["nobody", "another scheme", "no token", "no JWT"],
)
async def test_who_may_not_send_is_told_alike(stack: Stack, headers: str) -> None:
    by_the_front = await post(stack, b"{}", headers)
    assert by_the_front == await post(stack, b"{}", headers + TO_THE_LIBRARY)
    assert by_the_front[0] == "HTTP/1.1 401 Unauthorized"


async def test_who_has_not_the_scope_is_told_alike(stack: Stack) -> None:
    headers = f"Authorization: Bearer {stack.token('reader', scope='')}\r\n"
    by_the_front = await post(stack, b"{}", headers)
    assert by_the_front == await post(stack, b"{}", headers + TO_THE_LIBRARY)
    assert by_the_front[0] == "HTTP/1.1 403 Forbidden"


async def test_what_is_repeated_with_its_key_is_answered_byte_for_byte(stack: Stack, act: Act, alice: str) -> None:
    body = json.dumps({"recipients": [alice], "type": "message", "content": "Grüße"}, ensure_ascii=False).encode()
    token, key = stack.token("producer"), secrets.token_hex(8)
    headers = f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
    by_the_front = await post(stack, body, headers)
    assert by_the_front[0] == "HTTP/1.1 201 Created"
    assert by_the_front == await post(stack, body, headers + TO_THE_LIBRARY) == await post(stack, body, headers)
    assert [shown["content"] for shown in (await act(alice).list()).body["notifications"]] == ["Grüße"]

    for other in (headers, headers + TO_THE_LIBRARY):
        assert (await post(stack, body + b" ", other))[0] == "HTTP/1.1 422 Unprocessable Entity"
