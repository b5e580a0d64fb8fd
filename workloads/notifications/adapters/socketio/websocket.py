"""A websocket: carries the packets of one Engine.IO connection, or is about to take over from polling."""

import asyncio
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import Final

from notifications.adapters.socketio import frames
from notifications.adapters.socketio.connection import ACCEPTED, CUT_AFTER, NOTHING, UPGRADE, Connection, Reason
from notifications.adapters.socketio.flush import Flush
from notifications.adapters.socketio.frames import FrameReader
from notifications.adapters.socketio.wheel import Wheel
from notifications.domain.errors import BrokenFrame
from notifications.domain.limits import MAX_PACKET, TRANSPORT_ROOM, UPGRADE_TIMEOUT

_MOST_AT_ONCE: Final = 256
_PROBE, _ANSWER = "2probe", frames.frame(b"3probe")


class _Phase(Enum):
    """What the client may send."""

    PROBE = "a probe"
    UPGRADE = "the packet that ends polling"
    OPEN = "anything"
    FAREWELL = "a CLOSE frame, after ours"
    OVER = "nothing"


class WebSocket(asyncio.Protocol):
    """Is given a transport whose handshake is answered by `begin`. The wheel cuts it when it does not get on."""

    __slots__ = (
        "_asked", "_connection", "_flush", "_is_choked", "_is_paused", "_phase", "_reader", "_transport", "_unread",
        "_wheel", "slot",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, wheel: Wheel, flush: Flush) -> None:
        self.slot: int | None = None
        self._transport = transport
        self._wheel = wheel
        self._flush = flush
        self._reader = FrameReader(MAX_PACKET)
        self._unread: Iterator[tuple[int, bytes]] | None = None
        self._is_paused = False
        self._asked: bytes | None = None
        # Nobody tells a protocol that comes later what the earlier one left in the transport
        self._is_choked = transport.get_write_buffer_size() > TRANSPORT_ROOM
        transport.set_protocol(self)

    def begin(self, connection: Connection, handshake: bytes, behind: bytes = b"") -> None:
        """Answer the handshake and read what came behind it. Unless it carries the connection it waits for a probe."""
        self._connection = connection
        if connection.carrier is self:
            self._phase = _Phase.OPEN
            handshake += b"".join(connection.outbox.take())
        else:
            self._phase = _Phase.PROBE
            self._wheel.set(self, UPGRADE_TIMEOUT)
        self._transport.write(handshake)
        self._transport.resume_reading()
        if behind:
            self.data_received(behind)

    def data_received(self, data: bytes) -> None:
        """Read frames, as long as they are wanted; what comes after the end is not looked at."""
        fed = self._reader.feed(data)
        self._unread = fed if self._unread is None else chain(self._unread, fed)
        if not self._is_paused:
            self._go_on()

    def pause_writing(self) -> None:
        """Leave in the outbox, where it is counted, what the client does not read."""
        self._is_choked = True

    def resume_writing(self) -> None:
        """Go on when it reads again."""
        self._is_choked = False
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        """End the connection, unless polling carries it still."""
        connection, self._phase = self._connection, _Phase.OVER
        self._wheel.cancel(self)
        if connection.carrier is self:
            connection.outbox.take()
        self._leave(Reason.TRANSPORT_CLOSE)
        if connection.carrier is self:
            connection.carrier = NOTHING  # or both would stay until Python searches for cycles, which is seldom

    def wake(self) -> None:
        """Send what waits when this turn of the loop is over, with all that it may yet bring."""
        self._flush.soon(self)

    def flush(self) -> None:
        """Send what is to wait no longer, as long as the client reads; nothing before this carries the connection."""
        connection = self._connection
        if connection.gathering is not None:
            return
        outbox = connection.outbox
        if outbox.size:
            connection.written_at = asyncio.get_running_loop().time()
        while outbox.size and not self._is_choked and connection.carrier is self:
            self._transport.write(outbox.take_some(TRANSPORT_ROOM))

    def finish(self) -> None:
        """Send what waits and a farewell."""
        if self._phase is _Phase.OPEN:
            self._phase = _Phase.FAREWELL
            self._say_farewell(frames.NORMAL)

    def pause(self) -> None:
        """Take no more from the client for now, not even what was read already."""
        self._is_paused = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on with that."""
        if not self._is_paused:
            return
        self._is_paused = False
        self._go_on()
        if not self._is_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def expire(self) -> None:
        """Cut off a client that neither gets on with an upgrade nor reads what stands before the end."""
        self._transport.abort()

    def _go_on(self) -> None:
        try:
            self._take_unread()
        except BrokenFrame as error:
            self._end(error.close_code, Reason.TRANSPORT_ERROR)
        self._answer()

    def _take_unread(self) -> None:
        for number, (opcode, payload) in enumerate(self._unread or (), start=1):
            if self._phase is _Phase.OVER:
                break
            self._take(opcode, payload)
            if number == _MOST_AT_ONCE:  # others want to be served, too
                self.pause()
                asyncio.get_running_loop().call_soon(self.resume)
            if self._is_paused:
                return
        self._unread = None

    def _take(self, opcode: int, payload: bytes) -> None:
        match opcode:
            case frames.TEXT:
                self._read(frames.read_text(payload))
            case frames.PING:
                self._asked = payload
            case frames.CLOSE:
                self._end(frames.read_farewell(payload), Reason.TRANSPORT_CLOSE)
            case frames.BINARY:
                raise BrokenFrame("binary messages are not accepted", frames.UNSUPPORTED)

    def _read(self, packet: str) -> None:
        connection = self._connection
        if self._phase is _Phase.OPEN and packet[:1] in ACCEPTED:
            connection.receive(packet)
        elif self._phase is _Phase.PROBE and packet == _PROBE and not connection.ended:
            self._phase = _Phase.UPGRADE
            self._transport.write(_ANSWER)
            connection.prober = self
            connection.carrier.wake()
        elif self._phase is _Phase.UPGRADE and packet == UPGRADE and connection.prober is self and not connection.ended:
            self._phase = _Phase.OPEN
            self._wheel.cancel(self)
            connection.take_over(self)
        elif self._phase is not _Phase.FAREWELL:
            raise BrokenFrame("not a packet of Engine.IO, or not now", frames.PROTOCOL_ERROR)

    def _answer(self) -> None:
        """Answer the last ping of many, unless the client does not read: it may ask for more answers than it takes."""
        asked, self._asked = self._asked, None
        if asked is None or self._phase is _Phase.OVER:
            return
        if not self._is_choked and not self._connection.outbox.full_of_events:
            self.flush()
            self._transport.write(frames.frame(asked, frames.PONG))

    def _end(self, code: int, reason: Reason) -> None:
        """Let the client go that says farewell, or answers ours, or cannot be understood."""
        if self._phase is not _Phase.FAREWELL:
            self._say_farewell(code)
        self._phase = _Phase.OVER
        self._transport.close()
        self._leave(reason)

    def _say_farewell(self, code: int) -> None:
        connection = self._connection
        self._answer()
        self._wheel.set(self, CUT_AFTER)
        if connection.carrier is self:
            connection.gathering = None  # nothing comes behind a farewell that it might wait for
            connection.outbox.put(frames.farewell(code))
            self.flush()
        else:
            self._transport.write(frames.farewell(code))

    def _leave(self, reason: Reason) -> None:
        connection = self._connection
        if connection.prober is self:
            connection.prober = None
        if connection.carrier is self:
            connection.end(reason)
