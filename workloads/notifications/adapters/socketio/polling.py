"""Polling: packets in the bodies of requests, until a websocket takes over."""

import asyncio
from typing import Final

from aiohttp import web

from notifications.adapters.socketio.connection import NOOP, Connection
from notifications.adapters.socketio.frames import payload_of
from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_PACKET
from notifications.domain.text import check_depth

_SEPARATOR: Final = "\x1e"
_MOST_PACKETS: Final = 16
# A farewell, the answer to a ping, a message: what else a websocket carries has no meaning here
_ACCEPTED: Final = frozenset("134")


class Poll:
    """The request that waits for packets, if there is one."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Return when there is something to answer. Only the last request waits: it may be that others were lost."""
        self.wake()
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def wake(self) -> None:
        """Let the request be answered."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def flush(self) -> None:
        """The same."""
        self.wake()

    def finish(self) -> None:
        """The same: the last packets are those that wait."""
        self.wake()

    def pause(self) -> None:
        """Nothing to do: a request is answered when its packets have been served."""

    def resume(self) -> None:
        """Nothing to do either."""


async def answer_poll(connection: Connection, request: web.Request) -> web.Response:
    """Answer a GET with what waits, as soon as something does."""
    poll = _poll_of(connection)
    if connection.ended and not connection.outbox:
        raise Invalid("this connection has ended")
    if not ((connection.outbox and not connection.gathering) or connection.ended or connection.prober):
        await poll.wait()
    # Who has hung up gets nothing, or it would be lost; and what gathers leaves with what follows it
    if connection.carrier is not poll or request.transport is None or connection.gathering:
        return _packets([])
    return _packets(connection.outbox.take())


async def take_packets(connection: Connection, request: web.Request) -> web.Response:
    """Serve the packets of a POST. Raises Invalid or TooLarge for a body that is not taken."""
    _poll_of(connection)
    if connection.ended:
        raise Invalid("this connection has ended")
    for packet in read_body(await request.read()):
        connection.receive(packet)
    await connection.served()
    return web.Response(text="OK")


def read_body(body: bytes) -> list[str]:
    """Return the packets of a body. Raises Invalid or TooLarge."""
    if len(body) > MAX_PACKET:
        raise TooLarge(f"the body is larger than {MAX_PACKET} bytes")
    try:
        packets = body.decode().split(_SEPARATOR)
    except UnicodeDecodeError as error:
        raise Invalid("the body is not UTF-8") from error
    if len(packets) > _MOST_PACKETS:
        raise Invalid(f"more than {_MOST_PACKETS} packets in one request")
    for packet in packets:
        if packet[:1] not in _ACCEPTED:
            raise Invalid("not an Engine.IO packet")
        check_depth(packet.encode())
    return packets


def _poll_of(connection: Connection) -> Poll:
    if not isinstance(connection.carrier, Poll):
        raise Invalid("this connection is a websocket")
    return connection.carrier


def _packets(frames: list[bytes]) -> web.Response:
    body = _SEPARATOR.encode().join(map(payload_of, frames)) if frames else NOOP.encode()
    return web.Response(body=body, headers={"Content-Type": "text/plain; charset=UTF-8"})
