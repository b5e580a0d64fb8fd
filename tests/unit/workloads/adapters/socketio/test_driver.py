"""What reaches the Engine.IO library was checked before: it is never given a body or an address it could trip over."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from notifications.adapters.http.application import build_application
from notifications.adapters.socketio.driver import translate_request

SEPARATOR = "\x1e"


@pytest.fixture
async def environments() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def url(environments: list[dict[str, Any]]) -> AsyncIterator[str]:
    """The address of an application that translates requests and keeps what the library would be given."""

    async def translate(request: web.Request) -> web.Response:
        environments.append(await translate_request(request))
        return web.Response()

    async with TestServer(build_application([], translate, lambda: True)) as server:
        yield str(server.make_url("/socket.io/?EIO=4&transport=polling&sid=x"))


async def post(url: str, body: bytes, **headers: str) -> tuple[int, str]:
    async with ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.text()


GOOD = {
    "a message": b'42["client:ping"]',
    "a pong": b"3",
    "a farewell": b"1",
    "sixteen messages": SEPARATOR.join(["4x"] * 16).encode(),
    "letters beyond ASCII": '42["é🎺"]'.encode(),
}
HOSTILE = {
    "nothing": b"",
    "an empty packet": b"4a\x1e",
    "only separators": b"\x1e\x1e",
    "seventeen messages": SEPARATOR.join(["4x"] * 17).encode(),
    "a packet that only servers send": b"0{}",
    "a ping": b"2",
    "an upgrade, which belongs to a websocket": b"5",
    "a packet without meaning": b"6",
    "a packet of an unknown type": b"9x",
    "binary in base64": b"bAQID",
    "bytes": b"\x04\x00\xff",
    "another encoding": "42é".encode("latin-1"),
    "a surrogate in UTF-8": b"42\xed\xa0\x80",
    "a form": b"d=42[]",
    "a deep message": b"4" + b"[" * 1_000,
    "a deep message among others": b"4a\x1e4" + b'{"a":' * 9,
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
async def test_a_proper_body_is_passed_on_whole(url: str, environments: list[dict[str, Any]], body: bytes) -> None:
    assert await post(url, body) == (200, "")
    (environment,) = environments
    assert await environment["wsgi.input"].read() == body
    assert environment["CONTENT_LENGTH"] == str(len(body))


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_is_a_bad_request(url: str, environments: list[dict[str, Any]], body: bytes) -> None:
    status, text = await post(url, body)
    assert status == 400
    assert '"code": "INVALID"' in text
    assert environments == []


@pytest.mark.parametrize("body", [b"4" * 16_385, SEPARATOR.join(["4" * 4_096] * 4).encode(), b"4" * 300_000], ids=len)
async def test_a_body_beyond_the_limit_is_too_large(url: str, environments: list[dict[str, Any]], body: bytes) -> None:
    status, text = await post(url, body)
    assert status == 413
    assert '"code": "TOO_LARGE"' in text
    assert environments == []


@pytest.mark.parametrize("query", ["j=0", "j=", "j=x", "%6A=1"])
async def test_jsonp_is_refused(url: str, query: str) -> None:
    status, text = await post(f"{url}&{query}", b"3")
    assert (status, "JSONP" in text) == (400, True)


@pytest.mark.parametrize("query", ["x=%26j%3D0", "x=%26sid%3Dother", "x=a%3Bj%3D0"])
async def test_the_library_reads_the_same_address_as_we_do(
    url: str, environments: list[dict[str, Any]], query: str
) -> None:
    assert await post(f"{url}&{query}", b"3") == (200, "")
    assert list(parse_qs(environments[0]["QUERY_STRING"])) == ["EIO", "transport", "sid", "x"]


async def test_an_upgrade_without_its_connection_header_is_refused(url: str) -> None:
    status, text = await post(url, b"3", Upgrade="websocket")
    assert (status, "Upgrade" in text) == (400, True)


async def test_the_address_of_the_client_is_told(url: str, environments: list[dict[str, Any]]) -> None:
    await post(url, b"3")
    assert environments[0]["REMOTE_ADDR"] == "127.0.0.1"
