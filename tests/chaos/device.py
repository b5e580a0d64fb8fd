"""A device that speaks Socket.IO by hand, presents its cursor and counts raw arrivals: nothing is de-duplicated."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_RETRY_WITHIN = 1.0


@dataclass
class Device:
    """One device of one user. `arrivals` are the notification events in the order in which they came."""

    url: str
    token: str
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    resyncs: list[str] = field(default_factory=list)
    cursor: str | None = None
    connects: int = 0
    refused: list[Any] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Stay connected until cancelled, coming back after every loss."""
        while True:
            try:
                async with session.ws_connect(f"{self.url}/socket.io/?EIO=4&transport=websocket", compress=0) as socket:
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            await self._receive(socket, message.data)
            except (aiohttp.ClientError, OSError):
                pass
            self.connected.clear()
            await asyncio.sleep(random.uniform(0.05, _RETRY_WITHIN))

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse, frame: str) -> None:
        match frame[:1], frame[1:2]:
            case "0", _:
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
            case "notifications:resync":
                self.resyncs.append(arguments[0]["reason"])
