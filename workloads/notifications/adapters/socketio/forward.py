"""Brings a request to the gateway that holds its connection.

A polling request or an upgrade may arrive at any gateway; the sid names the right one. Requests on the internal
listener are never passed on again, nor are those that a peer has passed on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from notifications.adapters.socketio.engine import gateway_of
from notifications.domain.limits import MAX_PACKET, PING_INTERVAL, PING_TIMEOUT, SLOW_CONSUMER_GRACE

_log = logging.getLogger(__name__)
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "content-length", "content-encoding", "sec-websocket-key", "sec-websocket-version",
    "sec-websocket-extensions", "sec-websocket-protocol",
})  # fmt: skip
_MARK = "X-Notifications-Forwarded"
_FAREWELL = 2.0
_TIMEOUT = aiohttp.ClientTimeout(total=PING_INTERVAL + PING_TIMEOUT + 5, connect=5)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Forwarder:
    """Serves Socket.IO requests of this gateway, and passes those of its peers on to them."""

    def __init__(self, gateway: str, address_of: Callable[[str], str | None], serve: Handler) -> None:
        self._gateway = gateway
        self._address_of = address_of
        self._serve = serve
        self._client: aiohttp.ClientSession | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve or pass on. A sid whose gateway is gone is answered as unknown, so that the client starts anew."""
        owner = gateway_of(request.query.get("sid", ""))
        is_ours = not owner or owner == self._gateway or _MARK in request.headers
        address = None if is_ours else self._address_of(owner)
        if address is None:
            return await self._serve(request)
        url = f"http://{address}{request.path_qs}"
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._pass_websocket(request, url)
            return await self._pass_http(request, url)
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            ValueError,
        ) as error:  # ValueError: a header that is received but not sent
            _log.warning("a peer did not answer", extra={"gateway": owner, "reason": str(error)})
            return web.Response(status=400, text="this session has ended: connect again")

    async def close(self) -> None:
        """Close the connections to peers."""
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

    async def _pass_websocket(self, request: web.Request, url: str) -> web.WebSocketResponse:
        async with self._session().ws_connect(
            url, headers=_marked(request.headers), compress=0, max_msg_size=0
        ) as inner:
            outer = web.WebSocketResponse(compress=False, max_msg_size=MAX_PACKET)
            await outer.prepare(request)
            try:
                await _splice(outer, inner)
            finally:
                if (
                    request.transport is not None
                ):  # a close that waited for a client which does not read would never end
                    request.transport.abort()
        return outer


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _marked(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers of a request that is passed on, so that nobody passes it on again."""
    passed = _end_to_end(headers)
    passed[_MARK] = "1"
    return passed


async def _splice(outer: web.WebSocketResponse, inner: aiohttp.ClientWebSocketResponse) -> None:
    """Carry frames both ways until one side ends, then end the other."""
    ways = [asyncio.create_task(_carry(outer, inner)), asyncio.create_task(_carry(inner, outer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        with suppress(TimeoutError):  # whoever does not read is cut off by the caller
            async with asyncio.timeout(_FAREWELL):
                await asyncio.gather(*ways, inner.close(), outer.close(), return_exceptions=True)


async def _carry(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is not aiohttp.WSMsgType.TEXT:
            return
        async with asyncio.timeout(SLOW_CONSUMER_GRACE):
            await target.send_str(message.data)
