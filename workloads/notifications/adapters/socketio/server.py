"""The Socket.IO server: CONNECT, the packets of each connection, and its end."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from socketio import packet
from socketio.packet import Packet

from notifications.adapters.socketio.connection import Connection, Reason
from notifications.adapters.socketio.engine import Engine
from notifications.adapters.socketio.entrance import NO_POLICY, Entrance, Policy
from notifications.adapters.socketio.packets import NAMESPACE, Event, read_auth, read_event, read_packet
from notifications.adapters.socketio.socket import EventFrames, GatewaySocket, wait_for_room
from notifications.app.addresses import Addresses
from notifications.app.hub import Arrival
from notifications.app.refusals import log_refusal
from notifications.app.session import Session
from notifications.domain.errors import Invalid, NotificationsError, RateLimited, Refused, SlowConsumer, Unavailable
from notifications.domain.introduction import read_introduction
from notifications.domain.limits import MAX_PROTOCOL_ERRORS
from notifications.domain.principal import Principal
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
_STALE: Final = frozenset({Reason.SILENT, Reason.PING_TIMEOUT})


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
class Client:
    """Who is at the other end of a connection: a session once its CONNECT is accepted."""

    connection: Connection
    opened_at: float
    socket: GatewaySocket | None = None
    session: Session | None = None
    errors: int = 0


class SocketServer:
    """Checked packets, served one after the other for each connection."""

    def __init__(self, gateway: str, verify: Verify, doorman: Doorman, serve: Serve, telemetry: Telemetry) -> None:
        self._engine = Engine(gateway, self)
        self._verify = verify
        self._doorman = doorman
        self._serve = serve
        self._telemetry = telemetry
        self._frames = EventFrames()
        self._addresses: Addresses | None = None
        self._clients: dict[str, Client] = {}
        self.run = self._engine.run
        """Lets deadlines pass, until cancelled."""
        self.on_farewell: Callable[[Session], None] = lambda _: None
        """Called when a client leaves by its own wish, before its connection ends."""
        self.closing = False
        """Whether new connections are refused: a kept-alive HTTP connection brings some after the listener stopped."""

    def open_entrance(self, said: Mapping[str, str], policy: Policy = NO_POLICY) -> Entrance:
        """Return where clients come in whom the policy admits; `said` are headers of answers to handshakes."""
        self._addresses = policy.addresses
        return Entrance(self._engine, said, policy)

    @property
    def connections(self) -> int:
        """How many connections this gateway holds, greeted or not."""
        return len(self._clients)

    async def close(self) -> None:
        """End every connection, and what is being served."""
        await self._engine.close()

    def opened(self, connection: Connection) -> None:
        """Take note of a connection."""
        self._clients[connection.sid] = Client(connection, asyncio.get_running_loop().time())

    async def received(self, connection: Connection, message: str) -> None:
        """Serve a packet of a client."""
        client = self._clients[connection.sid]
        try:
            decoded = read_packet(message)
            if connection.outbox.full_of_events:
                # Who does not read is not listened to: answers would pile up without bound
                await wait_for_room(connection)
            await self._handle(client, decoded)
        except Invalid as error:
            if client.socket is not None:
                client.socket.complain({"code": error.code, "message": str(error)})
            self._count_error(client, error)
        except SlowConsumer:
            connection.close()

    def ended(self, connection: Connection, reason: Reason) -> None:
        """Forget a client."""
        client = self._clients.pop(connection.sid)
        if self._addresses is not None:
            self._addresses.leave(connection.sid)
        lasted = asyncio.get_running_loop().time() - client.opened_at
        self._telemetry.closed(lasted, stale=reason in _STALE)
        if client.session is not None:
            self._doorman.leave(client.session)
            owner = client.session.principal.owner
            who = {"user": owner.user, "tenant": owner.tenant}
            _log.info("disconnected", extra={"event": "disconnect", **who, "reason": reason})

    async def _handle(self, client: Client, decoded: Packet) -> None:
        match decoded.packet_type:
            case packet.CONNECT:
                await self._handle_connect(client, decoded)
            case packet.EVENT:
                await self._handle_event(client, read_event(decoded))
            case packet.DISCONNECT:
                if client.session is not None:
                    self.on_farewell(client.session)
                client.connection.close()
            case _:
                raise Invalid("nothing of ours waits for an acknowledgement")

    async def _handle_connect(self, client: Client, decoded: Packet) -> None:
        if decoded.namespace != NAMESPACE:
            _refuse(client.connection, "Invalid namespace", Invalid.code, f"{decoded.namespace},")
            self._count_error(client, Invalid("Invalid namespace"))
            return
        if client.socket is not None:
            raise Invalid("connected already")
        socket = GatewaySocket(self._engine.make_id(), client.connection, self._frames, self._telemetry)
        try:
            arrival = self._admit(socket, decoded)
        except Refused as error:
            log_refusal(_log, error, over="socket")
            _refuse(client.connection, str(error), error.code)
            self._count_error(client, error)
            return
        except Unavailable as error:
            self._postpone(client, "unknown", error)
            return
        client.socket = socket
        client.connection.settle()
        client.connection.hold()  # the greeting goes along: one write, or one poll, instead of two
        try:
            await self._join(client, arrival)
        finally:
            client.connection.release()

    def _admit(self, socket: GatewaySocket, decoded: Packet) -> Arrival:
        auth = read_auth(decoded)
        cursor, private_id, offset = (_read_text(auth, name) for name in ("cursor", "pid", "offset"))
        principal = self._verify(auth.get("token"))
        introduction = read_introduction(auth.get("clientId"), auth.get("device"), auth.get("batch"))
        return Arrival(socket, principal, cursor, introduction, private_id, offset, socket.accept)

    async def _join(self, client: Client, arrival: Arrival) -> None:
        owner = arrival.principal.owner
        try:
            session = await self._doorman.join(arrival)
        except NotificationsError as error:
            self._postpone(client, owner.user, error)
            return
        except Exception:
            _log.exception("connection failed", extra={"user": owner.user})
            client.connection.close()
            return
        if client.connection.ended:  # while it was greeted
            self._doorman.leave(session)
            return
        client.session = session
        self._telemetry.opened()
        event = "connect" if arrival.cursor is None and arrival.private_id is None else "reconnect"
        _log.info("connected", extra={"event": event, "user": owner.user, "tenant": owner.tenant, **_describe(arrival)})

    def _postpone(self, client: Client, user: str, error: NotificationsError) -> None:
        """Close the transport: a stock client that got CONNECT_ERROR never tries again, one that lost that does."""
        _log.warning("connection postponed", extra={"user": user, "reason": str(error)})
        client.connection.close()

    async def _handle_event(self, client: Client, event: Event) -> None:
        if client.session is None or client.socket is None:
            raise Invalid("not connected")
        try:
            answer = {"ok": True, **await self._serve(client.session, event)}
        except Exception as error:
            failure = _failure(error, event)
            answer = {"ok": False, "error": failure}
            if event.ack is None:
                client.socket.complain({**failure, "event": event.name})
        if event.ack is not None:
            client.socket.acknowledge(event.ack, answer)

    def _count_error(self, client: Client, error: Refused) -> None:
        client.errors += 1
        if client.errors >= MAX_PROTOCOL_ERRORS:
            _log.info("connection closed", extra={"reason": str(error)})
            client.connection.close()


def _read_text(auth: Mapping[str, Any], name: str) -> str | None:
    text = auth.get(name)
    if text is not None and not isinstance(text, str):
        raise Invalid(f"auth.{name} is not a string")
    return text


def _describe(arrival: Arrival) -> dict[str, object]:
    said = {"client_id": arrival.introduction.client_id, "device": arrival.introduction.device}
    return {name: value for name, value in said.items() if value}


def _refuse(connection: Connection, message: str, code: str, namespace: str = "") -> None:
    """Answer a CONNECT with an error; a stock client does not try again by itself."""
    connection.send(f"4{namespace}" + json.dumps({"message": message, "data": {"code": code, "message": message}}))


def _failure(error: Exception, event: Event) -> dict[str, object]:
    match error:
        case RateLimited():
            log_refusal(_log, error, over="socket")
            return {"code": error.code, "message": str(error), "retryAfter": error.retry_after}
        case Refused():
            log_refusal(_log, error, over="socket")
            return {"code": error.code, "message": str(error)}
        case Unavailable():
            return {"code": error.code, "message": str(error), "retryAfter": error.retry_after}
        case _:
            _log.error("an event failed", exc_info=error, extra={"client_event": event.name})
            return {"code": Unavailable.code, "message": "the server failed", "retryAfter": Unavailable.retry_after}
