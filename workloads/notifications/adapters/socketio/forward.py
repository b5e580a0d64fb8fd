"""Brings a request to the gateway that holds its connection.

A polling request or an upgrade may arrive at any gateway; the sid names the right one. Requests on the internal
listener are never passed on again, nor are those that a peer has passed on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from notifications.adapters.socketio import upgrade
from notifications.adapters.socketio.detach import detach, no_answer
from notifications.adapters.socketio.engine import gateway_of
from notifications.adapters.socketio.pipe import Pipe, open_pipe
from notifications.domain.limits import PING_INTERVAL, PING_TIMEOUT

_log = logging.getLogger(__name__)
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "content-length", "content-encoding",
})  # fmt: skip
_MARK = "X-Notifications-Forwarded"
_CONNECT: Final = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=PING_INTERVAL + PING_TIMEOUT + 5, connect=_CONNECT)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Forwarder:
    """Serves Socket.IO requests of this gateway, and passes those of its peers on to them."""

    def __init__(self, gateway: str, address_of: Callable[[str], str | None], serve: Handler) -> None:
        self._gateway = gateway
        self._address_of = address_of
        self._serve = serve
        self._client: aiohttp.ClientSession | None = None
        self._to_clients: set[Pipe] = set()
        self._to_peers: set[Pipe] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve or pass on. A sid whose gateway is gone is answered as unknown, so that the client starts anew."""
        owner = gateway_of(request.query.get("sid", ""))
        is_ours = not owner or owner == self._gateway or _MARK in request.headers
        address = None if is_ours else self._address_of(owner)
        if address is None:
            return await self._serve(request)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._pass_websocket(request, address)
            return await self._pass_http(request, f"http://{address}{request.path_qs}")
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            ValueError,
        ) as error:  # ValueError: a header that is received but not sent
            _log.warning("a peer did not answer", extra={"gateway": owner, "reason": str(error)})
            return web.Response(status=400, text="this session has ended: connect again")

    def passages(self) -> tuple[Pipe, ...]:
        """Return the connections of clients that lead to peers, of a moment."""
        return tuple(self._to_clients)

    async def close(self) -> None:
        """Close the connections to peers, and those of clients that lead there."""
        for pipe in (*self._to_clients, *self._to_peers):
            pipe.close()
        if self._client is not None:
            await self._client.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
            )
        return self._client

    async def _pass_http(self, request: web.Request, url: str) -> web.Response:
        body = await request.read()
        async with self._session().request(request.method, url, data=body, headers=_marked(request.headers)) as got:
            return web.Response(status=got.status, body=await got.read(), headers=_end_to_end(got.headers))

    async def _pass_websocket(self, request: web.Request, address: str) -> web.StreamResponse:
        """Join the client with its gateway once that has agreed. Raises Invalid, OSError and TimeoutError."""
        upgrade.check(request)
        host, _, port = address.rpartition(":")
        async with asyncio.timeout(_CONNECT):
            inner = await open_pipe(self._to_peers, host.strip("[]"), int(port))
            try:
                answer = await inner.ask(_head(request))
                transport, behind = detach(request)
            except BaseException:
                inner.close()
                raise
        outer = Pipe(self._to_clients)
        transport.set_protocol(outer)
        outer.connection_made(transport)
        outer.write(answer)
        inner.write(behind)
        inner.connect(outer)
        return no_answer()


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _marked(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers of a request that is passed on, so that nobody passes it on again."""
    passed = _end_to_end(headers)
    passed[_MARK] = "1"
    return passed


def _head(request: web.Request) -> bytes:
    """Return the head of a handshake as it came, marked so that nobody passes it on again."""
    lines = [f"GET {request.rel_url.raw_path_qs} HTTP/1.1".encode(), f"{_MARK}: 1".encode()]
    lines += [b"%b: %b" % header for header in request.raw_headers if header[0].lower() != _MARK.lower().encode()]
    return b"\r\n".join([*lines, b"", b""])
