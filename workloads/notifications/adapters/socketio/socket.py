"""The socket port on an Engine.IO connection."""

import asyncio
import json
from typing import Any

from engineio import packet as engine
from engineio.packet import Packet

from notifications.adapters.socketio.outbound import OutboundQueue
from notifications.domain.errors import SlowConsumer
from notifications.domain.limits import SLOW_CONSUMER_GRACE
from notifications.ports.telemetry import Telemetry

_CUT_AFTER = 5.0


class GatewaySocket:
    """Composes Socket.IO frames by splicing text that is JSON already."""

    def __init__(self, id: str, connection: Any, telemetry: Telemetry) -> None:
        self.id = id
        self._telemetry = telemetry
        self.session: str = connection.sid
        self._connection = connection
        self._queue: OutboundQueue = connection.queue
        self._closing: asyncio.Task[None] | None = None

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        """Queue an event; False when there is no room or the connection has ended."""
        if self._queue.full_of_events or self._ended:
            return False
        tail = f',"{cursor}"]' if cursor else "]"
        frame = f'2["{event}",{body}{tail}'
        self._put(frame)
        self._telemetry.sent(event, len(frame.encode()))
        return True

    def acknowledge(self, ack: int, answer: dict[str, object]) -> None:
        """Answer a client's event."""
        self._put(f"3{ack}[{json.dumps(answer, ensure_ascii=False)}]")

    def accept(self) -> None:
        """Answer the client's CONNECT."""
        self._put(f'0{{"sid":"{self.id}"}}')

    def refuse(self, message: str, code: str, namespace: str = "") -> None:
        """Answer the client's CONNECT with an error; a stock client does not try again by itself."""
        self._put(f"4{namespace}" + json.dumps({"message": message, "data": {"code": code, "message": message}}))

    def complain(self, event: str, error: dict[str, object]) -> None:
        """Tell of an event that failed and asked for no acknowledgement."""
        self.send("error", json.dumps({**error, "event": event}, ensure_ascii=False))

    async def drained(self) -> None:
        """Return when there is room; SlowConsumer if that takes too long or the connection has ended."""
        if self._ended:
            raise SlowConsumer("the connection has ended")
        try:
            await asyncio.wait_for(self._queue.wait_for_room(), SLOW_CONSUMER_GRACE)
        except TimeoutError as error:
            raise SlowConsumer(f"nothing was read for {SLOW_CONSUMER_GRACE:.0f} s") from error
        if self._ended:
            raise SlowConsumer("the connection has ended")

    def close(self) -> None:
        """Flush and close the transport; `release_transport` sees to its end."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._connection.close(wait=False), name=f"close {self.id}")

    def dismiss(self) -> None:
        """Disconnect for good: a stock client does not come back by itself."""
        self._put("1")
        self.close()

    @property
    def _ended(self) -> bool:
        return bool(self._connection.closed or self._connection.closing)

    def _put(self, frame: str) -> None:
        if not self._ended:
            self._queue.put_nowait(Packet(engine.MESSAGE, data=frame))


def release_transport(connection: Any) -> None:
    """Let go of a websocket, or end a poll that waits: after a client's farewell the library would hold it for 85 s."""
    connection.queue.put_nowait(None if connection.upgraded else Packet(engine.NOOP))
    connection.queue.end()
    asyncio.get_running_loop().call_later(_CUT_AFTER, _cut, connection)


def _cut(connection: Any) -> None:
    """Cut off a client that has not read what stood before the end."""
    if (transport := getattr(connection, "transport", None)) is not None:
        transport.abort()
