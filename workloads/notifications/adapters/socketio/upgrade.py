"""The request that becomes a websocket: what it asks for, whether it may, and the answer."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs

from aiohttp import HttpVersion11, web
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_HEAD

_BEGINNING: Final = b"GET /socket.io/?"
_KEY_SIZE: Final = 16
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_UNUSUAL: Final = frozenset({"content-length", "expect", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the query of a request asks for; `sid` is empty for a new connection."""

    transport: str
    version: str
    sid: str
    is_jsonp: bool


@lru_cache(maxsize=64)
def read_query(query: str) -> Wish:
    """Read a query as it was sent. Of what is repeated the first counts, but for the version."""
    asked = parse_qs(query, keep_blank_values=True)
    return Wish(
        transport=asked.get("transport", ["polling"])[0],
        version=" ".join(asked.get("EIO", [])),
        sid=asked.get("sid", [""])[0],
        is_jsonp="j" in asked,
    )


@dataclass(slots=True)
class Head:
    """A request without a body. Headers are looked up by their names in small letters."""

    query: str
    headers: dict[str, str]


class _Reader:
    """Gathers what the parser finds; `is_plain` unless a header is repeated, which can be understood in two ways."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: dict[str, str] = {}
        self.is_plain = True

    def on_url(self, part: bytes) -> None:
        """Called by the parser, as is the other."""
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        key = name.decode("latin-1").lower()
        self.is_plain &= key not in self.headers and key not in _UNUSUAL
        self.headers[key] = value.decode("utf-8", "surrogateescape")


def read_head(data: bytes) -> Head | None:
    """Return the request if `data` is the whole of a plain one that wants to become a websocket, and nothing more."""
    if not data.startswith(_BEGINNING) or len(data) > MAX_HEAD:
        return None
    reader = _Reader()
    parser = HttpRequestParser(reader)
    try:
        parser.feed_data(data)
    except HttpParserUpgrade as upgrade:
        is_whole = upgrade.args[0] == len(data) and parser.get_http_version() == "1.1"
        if is_whole and reader.is_plain and reader.target.isascii() and b"#" not in reader.target:
            return Head(reader.target.partition(b"?")[2].decode(), reader.headers)
    except HttpParserError:
        pass  # aiohttp says what is wrong with it
    return None


def accept(headers: Mapping[str, str]) -> str:
    """Return what proves that the handshake was understood. Raises Invalid."""
    if headers.get("upgrade", "").lower() != "websocket" or not asks_to_upgrade(headers):
        raise Invalid("a websocket begins with Upgrade: websocket and Connection: upgrade")
    if headers.get("sec-websocket-version") != "13":
        raise Invalid("Sec-WebSocket-Version must be 13")
    key = headers.get("sec-websocket-key", "")
    try:
        is_good = len(base64.b64decode(key, validate=True)) == _KEY_SIZE
    except (binascii.Error, ValueError):
        is_good = False
    if not is_good:
        raise Invalid(f"Sec-WebSocket-Key must be {_KEY_SIZE} bytes in base64")
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def check(request: web.Request) -> str:
    """Return what `accept` does, for a request that aiohttp has read. Raises Invalid."""
    if request.method != "GET" or request.version != HttpVersion11 or request.body_exists:
        raise Invalid("a websocket begins with GET and HTTP/1.1, and without a body")
    return accept(request.headers)


def asks_to_upgrade(headers: Mapping[str, str]) -> bool:
    """Whether the connection is to become something else."""
    return "upgrade" in [token.strip() for token in headers.get("connection", "").lower().split(",")]


def render(proof: str, headers: Mapping[str, str]) -> bytes:
    """Return the answer to a handshake, with these headers beside its own."""
    own = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": proof}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**own, **headers}.items())
    return f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode()
