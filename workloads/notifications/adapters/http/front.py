"""What a connection to the public port meets first.

It serves the one request that producers send by the thousand, a notification that came whole, lets whoever serves
websockets take those that it would take, and hands a connection that asks for anything else to aiohttp for good.
docs/adr/0007 and 0009 say what that saves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from notifications.domain.limits import IDLE_TIMEOUT, MAX_HEAD

PATH: Final = "/api/notifications"
_BEGINNING: Final = f"POST {PATH} HTTP/1.1\r\n".encode()
# What comes whole is seldom longer; a long body is also long to read
_LONGEST: Final = 64 * 1024
# Whoever sends one of these wants more than an answer, or sends the body in another form
_UNUSUAL: Final = frozenset({
    b"content-encoding", b"expect", b"origin", b"traceparent", b"transfer-encoding", b"upgrade",
})  # fmt: skip


class Posted:
    """A POST as it was read. Of a header that is repeated the first counts, as with aiohttp."""

    def __init__(self) -> None:
        self.body = b""
        self._headers: dict[bytes, bytes] = {}
        self._begun = self._complete = 0

    def header(self, name: bytes) -> str | None:
        """Return a header by its name in small letters, None if it was not sent."""
        value = self._headers.get(name)
        return None if value is None else value.decode("utf-8", "surrogateescape")

    @property
    def is_plain(self) -> bool:
        """Whether it is one whole request after which the connection stays, and nothing about it is unusual."""
        is_one = self._begun == self._complete == 1
        stays = self._headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        return is_one and stays and _UNUSUAL.isdisjoint(self._headers)

    def on_message_begin(self) -> None:
        """Called by the parser, as are the others."""
        self._begun += 1

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.setdefault(name.lower(), value)

    def on_body(self, piece: bytes) -> None:
        """Take a part of the body."""
        self.body += piece

    def on_message_complete(self) -> None:
        """Take note of the end."""
        self._complete += 1


Serve = Callable[[Posted], Awaitable[bytes]]
"""Returns the whole answer; raises nothing."""

Take = Callable[[bytes, asyncio.Transport], bool]
"""Takes a transport over for good, and what came on it; False, with nothing done, if it would rather not."""


def take_none(data: bytes, transport: asyncio.Transport) -> bool:
    """Leave every connection to the library."""
    return False


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What is done without the library. Without `serve` it answers every request."""

    serve: Serve | None = None
    take: Take = take_none


class Front(asyncio.Protocol):
    """One connection, until it is handed over to a protocol that `library` makes. It is in `all` meanwhile."""

    def __init__(self, shortcuts: Shortcuts, library: Callable[[], asyncio.Protocol], all: "set[Front]") -> None:
        self._serve, self._take = shortcuts.serve, shortcuts.take
        self._library = library
        self._all = all
        self._loop = asyncio.get_running_loop()
        self._active = self._loop.time()
        self._behind = b""
        self._is_choked = False
        self.serving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request, but not for ever."""
        self._transport = cast(asyncio.Transport, transport)
        self._all.add(self)
        self._timer = self._loop.call_later(IDLE_TIMEOUT, self._look)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it; what is being served is served to its end."""
        self._forget()

    def data_received(self, data: bytes) -> None:
        """Serve a request, or keep what came too early, or let go of the connection."""
        if self.serving is not None or self._is_choked:
            self._behind += data
            self._transport.pause_reading()
        elif self._serve is not None and (posted := read_posted(data)):
            self.serving = self._loop.create_task(self._answer(self._serve, posted))
        elif self._take(data, self._transport):
            self._forget()
        else:
            self._hand_over(data)

    def pause_writing(self) -> None:
        """Take nothing from a client that does not read its answers."""
        self._is_choked = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on when it reads again."""
        self._is_choked = False
        self._go_on()

    def close(self) -> None:
        """End the connection when what was written is sent."""
        self._transport.close()

    async def _answer(self, serve: Serve, posted: Posted) -> None:
        answer = await serve(posted)
        self.serving, self._active = None, self._loop.time()
        if not self._transport.is_closing():
            self._transport.write(answer)
            self._go_on()

    def _go_on(self) -> None:
        if self.serving is not None or self._is_choked or self._transport.is_closing():
            return
        behind, self._behind = self._behind, b""
        self._transport.resume_reading()  # first: whoever takes what is behind may want to read no more
        if behind:
            self.data_received(behind)

    def _hand_over(self, data: bytes) -> None:
        self._forget()
        protocol = self._library()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def _forget(self) -> None:
        self._all.discard(self)
        self._timer.cancel()

    def _look(self) -> None:
        left = self._active + IDLE_TIMEOUT - self._loop.time()
        if self.serving is None and left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(max(left, 1.0), self._look)


def read_posted(data: bytes) -> Posted | None:
    """Return the request if `data` is the whole of a plain POST of a notification, and nothing more."""
    if not data.startswith(_BEGINNING) or len(data) > _LONGEST:
        return None
    posted = Posted()
    try:
        HttpRequestParser(posted).feed_data(data)
    except (HttpParserError, HttpParserUpgrade):
        return None  # aiohttp says what is wrong with it
    return posted if posted.is_plain and len(data) - len(posted.body) <= MAX_HEAD else None
