"""Engine.IO by hand, over a websocket or by polling: packets as they are, nothing repaired."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
POLLING = "/socket.io/?EIO=4&transport=polling"
SEPARATOR = "\x1e"


class Transport(Protocol):
    """Carries packets."""

    async def send(self, packet: str | bytes) -> None:
        """Send one packet."""
        ...

    async def receive(self) -> list[str]:
        """Return the packets that came, or none after the end."""
        ...


class Websocket:
    """Packets over a websocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, packet: str | bytes) -> None:
        """Send one packet; bytes go in a binary frame."""
        await (self._socket.send_bytes(packet) if isinstance(packet, bytes) else self._socket.send_str(packet))

    async def receive(self) -> list[str]:
        """Return the next packet, or none after the end."""
        message = await self._socket.receive()
        return [message.data] if message.type is aiohttp.WSMsgType.TEXT else []


class Polling:
    """Packets in the bodies of requests. Each request may go to another address: `url` can be changed."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self.sid = ""
        self._client = client

    async def open(self) -> dict[str, Any]:
        """Shake hands and return what the server said."""
        status, text = await self.get()
        assert status == 200, text
        handshake: dict[str, Any] = json.loads(text[1:])
        self.sid = handshake["sid"]
        return handshake

    async def send(self, packet: str | bytes) -> None:
        """Send one packet, or several with separators between them."""
        status, text = await self.post(packet)
        assert (status, text) == (200, "OK")

    async def receive(self) -> list[str]:
        """Wait for packets."""
        status, text = await self.get()
        return text.split(SEPARATOR) if status == 200 and text else []

    async def get(self) -> tuple[int, str]:
        """Poll once and return status and body."""
        async with self._client.get(self._address()) as answer:
            return answer.status, await answer.text()

    async def post(self, body: str | bytes) -> tuple[int, str]:
        """Send a body as it is and return status and body of the answer."""
        async with self._client.post(self._address(), data=body) as answer:
            return answer.status, await answer.text()

    @asynccontextmanager
    async def upgrade(self, url: str | None = None) -> AsyncIterator[Websocket]:
        """Change to a websocket, at another address if one is given."""
        async with self._client.ws_connect(f"{url or self.url}{WEBSOCKET}&sid={self.sid}") as socket:
            await socket.send_str("2probe")
            assert (await socket.receive()).data == "3probe"
            await socket.send_str("5")
            yield Websocket(socket)

    def _address(self) -> str:
        return f"{self.url}{POLLING}" + (f"&sid={self.sid}" if self.sid else "")


@asynccontextmanager
async def open_websocket(url: str) -> AsyncIterator[Websocket]:
    """A websocket after the handshake."""
    async with aiohttp.ClientSession() as client, client.ws_connect(url + WEBSOCKET, compress=0) as socket:
        transport = Websocket(socket)
        (handshake,) = await transport.receive()
        assert handshake[0] == "0"
        yield transport


@asynccontextmanager
async def open_polling(url: str) -> AsyncIterator[Polling]:
    """A polling connection after the handshake; each request is a connection of its own."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        transport = Polling(client, url)
        await transport.open()
        yield transport
