"""The socket port on an Engine.IO connection."""

import asyncio
import json
from collections.abc import Callable

from notifications.adapters.socketio.connection import Connection
from notifications.adapters.socketio.frames import frame
from notifications.domain.errors import SlowConsumer
from notifications.domain.limits import OUTBOUND_CAP, SLOW_CONSUMER_GRACE
from notifications.domain.window import Window
from notifications.ports.telemetry import Telemetry


class EventFrames:
    """Makes frames of events. One that goes to many sockets, one after the other, is made once and shared."""

    def __init__(self) -> None:
        self._event = self._body = ""
        self._cursor: str | None = None
        self._frame = b""

    def make(self, event: str, body: str, cursor: str | None) -> bytes:
        """Return the frame of an event, spliced from text that is JSON already."""
        if body is not self._body or cursor != self._cursor or event != self._event:
            tail = f',"{cursor}"]' if cursor else "]"
            self._frame = frame(f'42["{event}",{body}{tail}'.encode())
            self._event, self._body, self._cursor = event, body, cursor
        return self._frame


class GatewaySocket:
    """One client, under the id that it knows."""

    __slots__ = ("_connection", "_frames", "_is_accepted", "_telemetry", "id", "session")

    def __init__(self, id: str, connection: Connection, frames: EventFrames, telemetry: Telemetry) -> None:
        self.id = id
        self.session = connection.sid
        self._connection = connection
        self._frames = frames
        self._telemetry = telemetry
        self._is_accepted = False

    def accept(self, private_id: str | None) -> None:
        """Answer CONNECT. Nothing is sent before."""
        self._is_accepted = True
        named = f',"pid":"{private_id}"' if private_id else ""
        self._connection.send(f'0{{"sid":"{self.id}"{named}}}')

    @property
    def is_busy(self) -> bool:
        """Whether it was written to within BUSY_WINDOW."""
        return self._connection.is_busy

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        """Queue an event; False when there is no room or the connection has ended."""
        connection = self._connection
        if not self._is_accepted or connection.outbox.size > OUTBOUND_CAP:
            return False
        if not connection.put(made := self._frames.make(event, body, cursor)):
            return False
        self._telemetry.sent(event, len(made))
        return True

    def gather(self, event: str, body: str, window: Window, on_leave: Callable[[], None]) -> bool:
        """Queue an event that waits for more; False as for `send`."""
        connection = self._connection
        if not self._is_accepted or connection.outbox.size > OUTBOUND_CAP:
            return False
        if not connection.gather(made := self._frames.make(event, body, None), window, on_leave):
            return False
        self._telemetry.sent(event, len(made))
        return True

    def acknowledge(self, ack: int, answer: dict[str, object]) -> None:
        """Answer a client's event."""
        self._connection.send(f"3{ack}[{json.dumps(answer, ensure_ascii=False)}]")

    def complain(self, error: dict[str, object]) -> None:
        """Tell of an event that failed and asked for no acknowledgement, or of a packet that is none."""
        self.send("error", json.dumps(error, ensure_ascii=False))

    def flush(self) -> None:
        """Send what waits, whatever else this turn of the loop may bring."""
        self._connection.flush()

    async def drained(self) -> None:
        """Return when there is room; SlowConsumer if that takes too long or the connection has ended."""
        await wait_for_room(self._connection)

    def close(self) -> None:
        """Flush and close the transport."""
        self._connection.close()

    def dismiss(self) -> None:
        """Disconnect for good: a stock client does not come back by itself."""
        self._connection.send("1")
        self._connection.close()


async def wait_for_room(connection: Connection) -> None:
    """Return when there is room for events; SlowConsumer if that takes too long or the connection has ended."""
    if not connection.ended:
        try:
            await asyncio.wait_for(connection.outbox.wait_for_room(), SLOW_CONSUMER_GRACE)
        except TimeoutError as error:
            slow = SlowConsumer(f"nothing was read for {SLOW_CONSUMER_GRACE:.0f} s")
            # It comes last of what waits: who begins to read before the connection is cut learns why
            connection.send("2" + json.dumps(["error", {"code": slow.code, "message": str(slow)}]))
            raise slow from error
    if connection.ended:
        raise SlowConsumer("the connection has ended")
