"""The Socket.IO server: the handshake, the packets of each connection, and its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import socketio
from socketio import packet
from socketio.packet import Packet

from notifications.adapters.socketio.engine import GatewayEngine
from notifications.adapters.socketio.packets import NAMESPACE, Event, read_auth, read_event, read_packet
from notifications.adapters.socketio.socket import GatewaySocket, release_transport
from notifications.app.hub import Arrival
from notifications.app.refusals import log_refusal
from notifications.app.session import Session
from notifications.domain.errors import Invalid, NotificationsError, Refused, SlowConsumer, Unavailable
from notifications.domain.limits import CONNECT_TIMEOUT, MAX_PACKET, MAX_PROTOCOL_ERRORS, PING_INTERVAL, PING_TIMEOUT
from notifications.domain.principal import Principal
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
_quiet = logging.getLogger("notifications.socketio.library")


class Doorman(Protocol):
    """Lets sockets in and out."""

    async def join(self, arrival: Arrival) -> Session:
        """Greet a socket and bring it up to date; Unavailable if that cannot be done now."""
        ...

    def leave(self, session: Session) -> None:
        """Forget it."""
        ...


Verify = Callable[[object], Principal]
Serve = Callable[[Session, Event], Awaitable[dict[str, object]]]


@dataclass(slots=True)
class Connection:
    """One Engine.IO connection, which becomes a session once its CONNECT is accepted."""

    engine: Any
    opened_at: float
    socket: GatewaySocket | None = None
    session: Session | None = None
    errors: int = field(default=0)
    silent: bool = False


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server with its packet handling replaced: checked packets, no task per event."""

    def __init__(self, gateway: str, verify: Verify, doorman: Doorman, serve: Serve, telemetry: Telemetry) -> None:
        super().__init__(
            async_mode="aiohttp",
            logger=_quiet,
            engineio_logger=_quiet,
            gateway=gateway,
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            max_http_buffer_size=MAX_PACKET,
            http_compression=False,
        )
        self._verify = verify
        self._doorman = doorman
        self._serve = serve
        self._telemetry = telemetry
        self._connections: dict[str, Connection] = {}
        self.closing = False
        """Whether new connections are refused: a kept-alive HTTP connection brings some after the listener stopped."""

    def accept_pages_of(self, origins: tuple[str, ...]) -> None:
        """Let pages of other origins connect, too."""
        self.eio.origins = origins

    @property
    def connections(self) -> int:
        """How many connections this gateway holds, greeted or not."""
        return len(self._connections)

    async def run(self) -> None:
        """Close connections that were opened and never sent their CONNECT, until cancelled."""
        while True:
            await asyncio.sleep(1)
            oldest = asyncio.get_running_loop().time() - CONNECT_TIMEOUT
            for connection in tuple(self._connections.values()):
                if connection.socket is None and connection.opened_at < oldest:
                    connection.silent = True
                    self._close(connection)

    def _engineio_server_class(self) -> type[GatewayEngine]:
        return GatewayEngine

    async def _handle_eio_connect(self, eio_sid: str, _environ: dict[str, Any]) -> None:
        opened_at = asyncio.get_running_loop().time()
        self._connections[eio_sid] = Connection(self.eio.sockets[eio_sid], opened_at)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        connection = self._connections.pop(eio_sid, None)
        if connection is None:
            return
        release_transport(connection.engine)
        self._note_end(connection, reason)
        if connection.session is not None:
            self._doorman.leave(connection.session)
            owner = connection.session.principal.owner
            who = {"user": owner.user, "tenant": owner.tenant}
            _log.info("disconnected", extra={"event": "disconnect", **who, "reason": reason})

    def _note_end(self, connection: Connection, reason: str) -> None:
        lasted = asyncio.get_running_loop().time() - connection.opened_at
        self._telemetry.closed(lasted, stale=connection.silent or reason == self.eio.reason.PING_TIMEOUT)

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        connection = self._connections.get(eio_sid)
        if connection is None:
            return
        try:
            decoded = read_packet(data)
            if connection.engine.queue.full_of_events:
                # Who does not read is not listened to: answers would pile up without bound
                await self._make_socket(connection).drained()
            await self._handle(connection, decoded)
        except Invalid as error:
            self._count_error(connection, error)
        except SlowConsumer:
            self._close(connection)

    async def _handle(self, connection: Connection, decoded: Packet) -> None:
        match decoded.packet_type:
            case packet.CONNECT:
                await self._handle_connect_packet(connection, decoded)
            case packet.EVENT:
                await self._handle_event_packet(connection, read_event(decoded))
            case packet.DISCONNECT:
                self._close(connection)
            case _:
                raise Invalid("nothing of ours waits for an acknowledgement")

    async def _handle_connect_packet(self, connection: Connection, decoded: Packet) -> None:
        if decoded.namespace != NAMESPACE:
            self._make_socket(connection).refuse("Invalid namespace", Invalid.code, f"{decoded.namespace},")
            self._count_error(connection, Invalid("Invalid namespace"))
            return
        if connection.socket is not None:
            raise Invalid("connected already")
        socket = self._make_socket(connection, self.eio.generate_id())
        try:
            arrival = self._admit(socket, decoded)
        except Refused as error:
            log_refusal(_log, error, over="socket")
            socket.refuse(str(error), error.code)
            self._count_error(connection, error)
            return
        connection.socket = socket
        socket.accept()
        await self._join(connection, arrival)

    def _admit(self, socket: GatewaySocket, decoded: Packet) -> Arrival:
        auth = read_auth(decoded)
        cursor = auth.get("cursor")
        if cursor is not None and not isinstance(cursor, str):
            raise Invalid("auth.cursor is not a string")
        return Arrival(socket, self._verify(auth.get("token")), cursor)

    async def _join(self, connection: Connection, arrival: Arrival) -> None:
        owner = arrival.principal.owner
        try:
            session = await self._doorman.join(arrival)
        except NotificationsError as error:
            # A stock client that got CONNECT_ERROR never tries again; one whose transport closes does
            _log.warning("connection postponed", extra={"user": owner.user, "reason": str(error)})
            self._close(connection)
            return
        except Exception:
            _log.exception("connection failed", extra={"user": owner.user})
            self._close(connection)
            return
        if connection.engine.sid in self._connections:
            connection.session = session
            self._telemetry.opened()
            event = "connect" if arrival.cursor is None else "reconnect"
            _log.info("connected", extra={"event": event, "user": owner.user, "tenant": owner.tenant})
        else:  # it ended while it was greeted
            self._doorman.leave(session)

    async def _handle_event_packet(self, connection: Connection, event: Event) -> None:
        if connection.session is None or connection.socket is None:
            raise Invalid("not connected")
        try:
            answer = {"ok": True, **await self._serve(connection.session, event)}
        except Exception as error:
            failure = _failure(error, event)
            answer = {"ok": False, "error": failure}
            if event.ack is None:
                connection.socket.complain(event.name, failure)
        if event.ack is not None:
            connection.socket.acknowledge(event.ack, answer)

    def _count_error(self, connection: Connection, error: Refused) -> None:
        connection.errors += 1
        if connection.errors >= MAX_PROTOCOL_ERRORS:
            _log.info("connection closed", extra={"reason": str(error)})
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        (connection.socket or self._make_socket(connection)).close()

    def _make_socket(self, connection: Connection, id: str = "") -> GatewaySocket:
        return GatewaySocket(id, connection.engine, self._telemetry)


def _failure(error: Exception, event: Event) -> dict[str, object]:
    match error:
        case Refused():
            log_refusal(_log, error, over="socket")
            return {"code": error.code, "message": str(error)}
        case Unavailable():
            return {"code": error.code, "message": str(error), "retryAfter": error.retry_after}
        case _:
            _log.error("an event failed", exc_info=error, extra={"client_event": event.name})
            return {"code": Unavailable.code, "message": "the server failed", "retryAfter": Unavailable.retry_after}
