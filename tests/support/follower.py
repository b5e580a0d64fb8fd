"""A device that stays: it speaks Socket.IO by hand, comes back with its cursor, and counts every raw arrival."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_RETRY_WITHIN = 1.0
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)


@dataclass
class Follower:
    """One device of one user. `arrivals` are the notification events in the order in which they came.

    `moved` is when it was told to move, in seconds since 1970. `refused` is what no outage explains: answers to CONNECT
    and to handshakes that send a client away for good.
    """

    url: str
    token: str
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    resyncs: list[str] = field(default_factory=list)
    cursor: str | None = None
    connects: int = 0
    moved: list[float] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    _patience: float | None = None

    @property
    def seq(self) -> int:
        """The place in the inbox of the last arrival; 0 before the first."""
        return self.arrivals[-1]["seq"] if self.arrivals else 0

    async def run(self, client: aiohttp.ClientSession) -> None:
        """Stay connected until cancelled, coming back after every loss."""
        while True:
            try:
                async with client.ws_connect(f"{self.url}/socket.io/?EIO=4&transport=websocket", compress=0) as socket:
                    await self._follow(socket)
            except aiohttp.WSServerHandshakeError as error:
                if error.status != 503:
                    self.refused.append(error.status)
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            self.connected.clear()
            await asyncio.sleep(random.uniform(0.05, _RETRY_WITHIN))

    async def _follow(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take frames until the connection ends, or until the server was silent for longer than it promised."""
        self._patience = None
        while True:
            message = await socket.receive(timeout=self._patience)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            await self._receive(socket, message.data)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse, frame: str) -> None:
        match frame[:1], frame[1:2]:
            case "0", _:
                handshake = json.loads(frame[1:])
                self._patience = (handshake["pingInterval"] + handshake["pingTimeout"]) / 1000
                auth = {"token": self.token, **({"cursor": self.cursor} if self.cursor else {})}
                await socket.send_str("40" + json.dumps(auth))
            case "2", _:
                await socket.send_str("3")
            case "4", "0":
                self.connects += 1
            case "4", "2":
                self._take(*json.loads(frame[2:]))
            case "4", "4":
                self.refused.append(json.loads(frame[2:]))

    def _take(self, event: str, *arguments: Any) -> None:
        if isinstance(arguments[-1], str):
            self.cursor = arguments[-1]
        match event:
            case "connected":
                self.cursor = arguments[0]["cursor"]
                self.connected.set()
            case "notification":
                self.arrivals.append(arguments[0])
            case "server:moving":
                self.moved.append(time.time())
            case "notifications:resync":
                self.resyncs.append(arguments[0]["reason"])


@asynccontextmanager
async def following(devices: Sequence[Follower]) -> AsyncIterator[None]:
    """All devices are connected at first, and stay until the end of the block."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as client:
        tasks = [asyncio.create_task(device.run(client)) for device in devices]
        try:
            for device in devices:
                await asyncio.wait_for(device.connected.wait(), 30)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
