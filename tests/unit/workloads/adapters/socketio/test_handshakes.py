"""A plain handshake is read without aiohttp; whatever could be understood in two ways is left to it."""

import pytest

from notifications.adapters.socketio.origin import Origins
from notifications.adapters.socketio.upgrade import accept, read_head, read_query
from notifications.domain.errors import Invalid
from tests.support.frames import KEY, PROOF, UPGRADE
from tests.support.transport import WEBSOCKET

PLAIN = f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}\r\n".encode()
GOOD = {"upgrade": "WebSocket", "connection": "keep-alive, Upgrade", "sec-websocket-version": "13"}


def with_line(line: bytes) -> bytes:
    return PLAIN.replace(b"Host: x\r\n", b"Host: x\r\n" + line + b"\r\n")


def test_a_plain_handshake_is_read() -> None:
    head = read_head(with_line(b"Origin: https://a.example\r\nCookie: a=\xff"))
    assert head is not None
    assert head.query == "EIO=4&transport=websocket"
    assert (head.headers["host"], head.headers["origin"]) == ("x", "https://a.example")
    assert accept(head.headers) == PROOF


LEFT = {
    "another method": PLAIN.replace(b"GET", b"POST"),
    "another path": PLAIN.replace(b"socket.io", b"socket.io/x"),
    "another path that means the same": PLAIN.replace(b"/socket.io/", b"//socket.io/"),
    "a whole address": PLAIN.replace(b"/socket", b"http://x/socket", 1),
    "no query": PLAIN.replace(b"?EIO=4&transport=websocket", b""),
    "HTTP 1.0": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a fragment": PLAIN.replace(b"=websocket ", b"=websocket#a "),
    "bytes in the address": PLAIN.replace(b"=websocket ", b"=websocket\xc3\xa9 "),
    "no upgrade": PLAIN.replace(b"Connection: Upgrade\r\n", b""),
    "a header twice": with_line(b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    "a header twice in other letters": with_line(b"ORIGIN: a\r\norigin: b"),
    "a body": with_line(b"Content-Length: 2") + b"{}",
    "a body of nothing": with_line(b"Content-Length: 0"),
    "chunks": with_line(b"Transfer-Encoding: chunked"),
    "an expectation": with_line(b"Expect: 100-continue"),
    "a folded header": with_line(b"X: a\r\n b"),
    "a bare CR": with_line(b"X: a\rb"),
    "more behind it": PLAIN + b"\x81",
    "an end that is missing": PLAIN[:-1],
    "a long head": with_line(b"X: " + b"a" * 8_100),
}


@pytest.mark.parametrize("data", LEFT.values(), ids=LEFT)
def test_what_is_unusual_is_left_to_aiohttp(data: bytes) -> None:
    assert read_head(data) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("upgrade", "h2c"),
        ("upgrade", "websocket, h2c"),
        ("connection", "keep-alive"),
        ("connection", "upgraded"),
        ("sec-websocket-version", "12"),
        ("sec-websocket-version", "8"),
        ("sec-websocket-version", ""),
        ("sec-websocket-key", ""),
        ("sec-websocket-key", "eA=="),
        ("sec-websocket-key", "***"),
        ("sec-websocket-key", KEY + "\n"),
        ("sec-websocket-key", "é" * 24),
    ],
)
def test_a_handshake_that_is_not_as_it_must_be_is_invalid(name: str, value: str) -> None:
    assert accept({**GOOD, "sec-websocket-key": KEY}) == PROOF
    with pytest.raises(Invalid):
        accept({**GOOD, "sec-websocket-key": KEY, name: value})


@pytest.mark.parametrize("query", ["j=0", "j=", "EIO=4&j=x", "%6A=1"])
def test_jsonp_is_seen_in_disguise(query: str) -> None:
    assert read_query(query).is_jsonp


@pytest.mark.parametrize("query", ["x=%26j%3D0", "x=%26sid%3Dother", "x=a%3Bj%3D0"])
def test_what_is_quoted_in_a_query_means_nothing(query: str) -> None:
    wish = read_query(f"EIO=4&transport=polling&sid=x&{query}")
    assert (wish.version, wish.transport, wish.sid, wish.is_jsonp) == ("4", "polling", "x", False)


@pytest.mark.parametrize("query", ["EIO=3", "", "EIO=4&EIO=3", "EIO=4&EIO=4", "EIO=%D9%A4", "EIO[]=4"])
def test_another_version_is_none_of_ours(query: str) -> None:
    assert read_query(query).version != "4"


ORIGINS = Origins(frozenset({"https://app.example"}))
HOST = {"host": "gateway:8080"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"origin": "https://app.example"}, True),
        ({"origin": "http://gateway:8080"}, True),
        ({"origin": "https://gateway:8080"}, False),
        ({"origin": "http://gateway"}, False),
        ({"origin": "https://app.example.evil"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://gateway:8080", "x-forwarded-proto": "https"}, True),
        ({"origin": "https://outside", "x-forwarded-proto": "https,http", "x-forwarded-host": "outside, in"}, True),
        ({"origin": "http://outside", "x-forwarded-host": "outside"}, True),
        ({"origin": "http://in", "x-forwarded-host": "outside, in"}, False),
    ],
)
def test_pages_may_connect_to_where_they_are_from_and_if_they_are_named(
    headers: dict[str, str], expected: bool
) -> None:
    assert ORIGINS.allow({**HOST, **headers}) is expected
