"""Where connections come in: requests of Engine.IO, those that aiohttp has read and those that it need not."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from notifications.adapters.socketio import upgrade
from notifications.adapters.socketio.connection import Carrier, Connection
from notifications.adapters.socketio.detach import detach, no_answer
from notifications.adapters.socketio.engine import Engine
from notifications.adapters.socketio.flush import Flush
from notifications.adapters.socketio.origin import Origins
from notifications.adapters.socketio.polling import Poll, answer_poll, take_packets
from notifications.adapters.socketio.upgrade import Wish
from notifications.adapters.socketio.websocket import WebSocket
from notifications.app.addresses import Addresses
from notifications.domain.address import find_address
from notifications.domain.errors import Invalid, RateLimited

_TRANSPORTS: Final = frozenset({"polling", "websocket"})
_VERSION: Final = "4"
_METHODS: Final = ("GET", "OPTIONS", "POST")
_FORWARDED: Final = "x-forwarded-for"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may come in: pages of these `origins` beside the gateway's own, and of each address so many.

    `proxies` is how many before the gateway are believed when they say whom they serve.
    """

    origins: Collection[str] = ()
    addresses: Addresses | None = None
    proxies: int = 0


NO_POLICY: Final = Policy()


class Entrance:
    """Lets clients in."""

    def __init__(self, engine: Engine, said: Mapping[str, str], policy: Policy) -> None:
        self._origins = Origins(frozenset(policy.origins))
        self._policy = policy
        self._engine = engine
        self._said = said
        self._flush = Flush()

    def take(self, data: bytes, transport: asyncio.Transport) -> bool:
        """Take over a transport on which this came first. False, with nothing done, for all but a good handshake:
        what is refused, and what is unusual, is left to aiohttp and `handle`.
        """
        head = upgrade.read_head(data)
        if head is None:
            return False
        try:
            wish = upgrade.read_query(head.query)
            if wish.transport != "websocket":
                return False
            connection, proof = self._admit(wish, head.headers), upgrade.accept(head.headers)
            address = None if connection else self._greet(transport, head.headers.get(_FORWARDED, ""))
        except (Invalid, RateLimited):
            return False
        self._begin(WebSocket(transport, self._engine.wheel, self._flush), connection, proof, address)
        return True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a request. Raises Invalid and TooLarge."""
        wish = upgrade.read_query(request.rel_url.raw_query_string)
        if "Upgrade" in request.headers and not upgrade.asks_to_upgrade(request.headers):
            raise Invalid("Upgrade without Connection: upgrade")
        connection = self._admit(wish, request.headers)
        if wish.transport == "websocket":
            return self._upgrade(request, connection)
        answer = await self._serve(request, connection)
        answer.headers.update(self._origins.share(request.headers, request.method))
        return answer

    def _admit(self, wish: Wish, headers: Mapping[str, str]) -> Connection | None:
        """Return the connection that a request belongs to, None for a new one. Raises Invalid."""
        if wish.is_jsonp:
            raise Invalid("JSONP is not accepted")
        if not self._origins.allow(headers):
            raise Invalid("pages of this origin may not connect")
        if wish.transport not in _TRANSPORTS:
            raise Invalid("the transport is neither polling nor websocket")
        if not wish.sid:
            if wish.version != _VERSION:
                raise Invalid(f"EIO must be {_VERSION}: this is no client of Socket.IO 3 or 4")
            return None
        connection = self._engine.find(wish.sid)
        if connection is None:
            raise Invalid("this connection has ended, or never was")
        if wish.transport == "websocket" and (connection.ended or not isinstance(connection.carrier, Poll)):
            raise Invalid("this connection cannot become a websocket, or is one")
        return connection

    def _greet(self, transport: asyncio.BaseTransport | None, forwarded: str) -> str | None:
        """Return the address that a new connection comes from, None if nobody counts. Raises RateLimited."""
        if (addresses := self._policy.addresses) is None:
            return None
        peer = transport.get_extra_info("peername") if transport else None
        address = find_address(str(peer[0]) if peer else "", forwarded, self._policy.proxies)
        addresses.admit(address)
        return address

    def _open(self, carrier: Carrier, address: str | None, upgrades: tuple[str, ...] = ()) -> Connection:
        connection = self._engine.open(carrier, upgrades)
        if self._policy.addresses and address is not None:
            self._policy.addresses.enter(connection.sid, address)
        return connection

    async def _serve(self, request: web.Request, connection: Connection | None) -> web.Response:
        match request.method:
            case "OPTIONS":
                return web.Response(text="OK")
            case "GET":
                if connection is None:
                    address = self._greet(request.transport, _forwarded(request))
                    connection = self._open(Poll(), address, ("websocket",))
                return await answer_poll(connection, request)
            case "POST" if connection is not None:
                return await take_packets(connection, request)
            case "POST":
                raise Invalid("a connection begins with GET")
        raise web.HTTPMethodNotAllowed(request.method, _METHODS)

    def _upgrade(self, request: web.Request, connection: Connection | None) -> web.StreamResponse:
        proof = upgrade.check(request)
        address = None if connection else self._greet(request.transport, _forwarded(request))
        transport, behind = detach(request)
        self._begin(WebSocket(transport, self._engine.wheel, self._flush), connection, proof, address, behind)
        return no_answer()

    def _begin(
        self, websocket: WebSocket, connection: Connection | None, proof: str, address: str | None, behind: bytes = b""
    ) -> None:
        handshake = upgrade.render(proof, self._said)
        websocket.begin(connection or self._open(websocket, address), handshake, behind)


def _forwarded(request: web.Request) -> str:
    return ",".join(request.headers.getall(_FORWARDED, ()))
