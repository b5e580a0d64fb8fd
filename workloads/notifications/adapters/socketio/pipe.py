"""Two connections that carry the same bytes, with neither a task nor a look at what they mean."""

import asyncio
from typing import Final, cast

from notifications.adapters.socketio.connection import CUT_AFTER
from notifications.domain.limits import MAX_HEAD, TRANSPORT_ROOM

_AGREED: Final = b"HTTP/1.1 101 "


class Pipe(asyncio.Protocol):
    """One end; what it reads leaves by the other. It is in `all` while it is open."""

    __slots__ = ("_all", "_answer", "_answered", "_is_choked", "_other", "_transport")

    def __init__(self, all: "set[Pipe]") -> None:
        self._all = all
        self._transport: asyncio.Transport | None = None
        self._other: Pipe | None = None
        self._answer = b""
        self._answered: asyncio.Future[bytes] | None = None
        self._is_choked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast(asyncio.Transport, transport)
        # Nobody tells a protocol that comes later what the earlier one left in the transport
        self._is_choked = self._transport.get_write_buffer_size() > TRANSPORT_ROOM
        self._all.add(self)

    async def ask(self, handshake: bytes) -> bytes:
        """Send a handshake and return what comes in answer, which begins by agreeing. Raises ConnectionError.

        Before that nothing of the client may get here: it would be a request that nobody has checked.
        """
        self.write(handshake)
        self._answered = asyncio.get_running_loop().create_future()
        return await self._answered

    def connect(self, other: "Pipe") -> None:
        """Carry bytes both ways from now on."""
        self._other, other._other = other, self
        for end, peer in ((self, other), (other, self)):
            end._read(not peer._is_choked)
            if end._transport is None:
                end.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        """Pass it on, or gather the answer."""
        if self._other is not None:
            self._other.write(data)
        elif self._answered is not None and not self._answered.done():
            self._answer += data
            self._judge(self._answered)

    def write(self, data: bytes) -> None:
        """Send bytes, unless nobody is there any more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def pause_writing(self) -> None:
        """Let the other end feel that this one does not read."""
        self._is_choked = True
        if self._other is not None:
            self._other._read(False)

    def resume_writing(self) -> None:
        """Go on when it does."""
        self._is_choked = False
        if self._other is not None:
            self._other._read(True)

    def connection_lost(self, error: Exception | None) -> None:
        """End the other end, when it has read what came before."""
        self._transport = None
        self._all.discard(self)
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionResetError("the peer hung up"))
        if self._other is not None:
            self._other.close()

    def close(self) -> None:
        """Send what is written and hang up; what is not read soon is lost."""
        if (transport := self._transport) is not None:
            transport.close()
            asyncio.get_running_loop().call_later(CUT_AFTER, transport.abort)

    def _judge(self, answered: "asyncio.Future[bytes]") -> None:
        if b"\r\n\r\n" not in self._answer and len(self._answer) < MAX_HEAD:
            return
        self._read(False)
        if self._answer.startswith(_AGREED):
            answered.set_result(self._answer)
        else:
            answered.set_exception(ConnectionRefusedError("the peer does not hold this connection"))

    def _read(self, wanted: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()


async def open_pipe(all: set[Pipe], host: str, port: int) -> Pipe:
    """Open the end that leads to a peer. Raises OSError."""
    _, pipe = await asyncio.get_running_loop().create_connection(lambda: Pipe(all), host, port)
    return pipe
