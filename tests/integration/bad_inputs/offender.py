"""One who sends what should not be sent, and reports the status of every HTTP answer it got."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.support.device import Device, dial, join
from tests.support.raw import exchange, open_raw
from tests.support.stack import Stack
from tests.support.transport import WEBSOCKET, Polling, open_polling

HUNG_UP = 0
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
KEY = b"Sec-WebSocket-Key: " + base64.b64encode(b"sixteen bytes ok") + b"\r\n"


@dataclass
class Offender:
    """Talks to one gateway; `user` has a token of its own, so that even a success would reach nobody else."""

    stack: Stack
    url: str
    user: str = "mallory"
    statuses: list[int] = field(default_factory=list)

    def token(self, **claims: object) -> str:
        stated: dict[str, Any] = {"exp": int(time.time()) + 600, **claims}
        return self.stack.token(self.user, **stated)

    async def send(self, request: bytes, within: float = 5.0) -> int:
        """Send bytes with `@TOKEN` replaced and return the status, or HUNG_UP."""
        answer = await exchange(self.url, request.replace(b"@TOKEN", self.token().encode()), within)
        return self.note(int(answer.split(b" ", 2)[1]) if answer else HUNG_UP)

    async def request(self, method: str, path: str, **options: Any) -> int:
        """Send a well-formed request through a library."""
        async with aiohttp.ClientSession() as client, client.request(method, self.url + path, **options) as answer:
            await answer.read()
            return self.note(answer.status)

    def note(self, status: int) -> int:
        self.statuses.append(status)
        return status

    @asynccontextmanager
    async def stranger(self) -> AsyncIterator[Device]:
        """A websocket that has not sent its CONNECT."""
        async with dial(self.url) as device:
            yield device

    @asynccontextmanager
    async def member(self) -> AsyncIterator[Device]:
        """A websocket that was let in."""
        async with join(self.url, self.token()) as device:
            yield device

    @asynccontextmanager
    async def poller(self) -> AsyncIterator[Polling]:
        """A polling connection that has not sent its CONNECT."""
        async with open_polling(self.url) as polling:
            yield polling

    async def post(self, polling: Polling, body: str | bytes) -> int:
        status, _ = await polling.post(body)
        return self.note(status)

    @asynccontextmanager
    async def frames(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A websocket whose frames are made by hand, after the Engine.IO handshake."""
        async with open_raw(self.url) as (reader, writer):
            writer.write(f"GET {WEBSOCKET} HTTP/1.1\r\nHost: x\r\n".encode() + UPGRADE + KEY + b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            self.note(int(head.split(b" ", 2)[1]))
            assert (await reader.read(4096))[2:3] == b"0"
            yield reader, writer


async def settle(device: Device) -> None:
    """Return when the gateway has dealt with everything that the device sent: it answers, or has hung up."""
    try:
        if any(event[0] == "connected" for event in device.events):
            await device.transport.send('4299999["client:ping"]')
            await device.until(lambda: any(packet.startswith("4399999[") for packet in device.packets), "an answer")
        else:
            refusals = count_refusals(device)
            await device.connect("wrong")
            await device.until(lambda: count_refusals(device) > refusals, "a refusal")
    except (AssertionError, aiohttp.ClientError, ConnectionError):
        assert device.closed.is_set(), f"neither answered nor closed: {device.packets}"


def count_refusals(device: Device) -> int:
    return sum(packet.startswith("44") for packet in device.packets)


def rest(body: object, **changes: object) -> bytes:
    """A request that posts a notification, well-formed but for what is in the body."""
    document = body if isinstance(body, bytes) else json.dumps({**GOOD, **changes} if body is None else body).encode()
    return http("POST /api/notifications", document)


def http(line: str, body: bytes = b"", *headers: bytes) -> bytes:
    """A request with a good token and a length."""
    head = [f"{line} HTTP/1.1".encode(), b"Host: x", b"Authorization: Bearer @TOKEN", *headers]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", body])


GOOD: dict[str, Any] = {"recipients": ["mallory"], "type": "message", "content": "Hello"}
