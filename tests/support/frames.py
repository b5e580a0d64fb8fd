"""Frames of a websocket made by hand, also wrong ones, and a client that reads what comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.raw import open_raw
from tests.support.transport import WEBSOCKET

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY, PROOF = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the example of RFC 6455
UPGRADE = (
    f"Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
)


def frame(opcode: int, payload: bytes, *, fin: int = 0x80, mask: int = 0x80, reserved: int = 0) -> bytes:
    """A websocket frame; the mask is four zeros, which changes nothing."""
    if len(payload) < 126:
        length = bytes([mask | len(payload)])
    elif len(payload) < 65536:
        length = bytes([mask | 126]) + len(payload).to_bytes(2, "big")
    else:
        length = bytes([mask | 127]) + len(payload).to_bytes(8, "big")
    return bytes([fin | reserved | opcode]) + length + (bytes(4) if mask else b"") + payload


class FrameClient:
    """Sends bytes and reads frames. `head` is the answer to the handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.head = head
        self.reader = reader
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)

    def send(self, text: str) -> None:
        """Send a message."""
        self.write(frame(TEXT, text.encode()))

    async def read(self, within: float = 5.0) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame. Raises IncompleteReadError at the end."""
        async with asyncio.timeout(within):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "a frame in parts, or with reserved bits"
            assert second < 128, "a masked frame"
            long = {126: 2, 127: 8}.get(second)
            size = int.from_bytes(await self.reader.readexactly(long), "big") if long else second
            return first & 0x0F, await self.reader.readexactly(size)

    async def message(self, within: float = 5.0) -> str:
        """Return the next frame, which is a text."""
        opcode, payload = await self.read(within)
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    async def farewell(self) -> int:
        """Return the code of the CLOSE frame that comes next, after which nothing comes."""
        opcode, payload = await self.read()
        assert opcode == CLOSE, (opcode, payload)
        self.write(frame(CLOSE, payload))
        async with asyncio.timeout(5):
            assert await self.reader.read() == b""
        return int.from_bytes(payload[:2], "big")


@asynccontextmanager
async def open_frames(url: str, query: str = "") -> AsyncIterator[FrameClient]:
    """A websocket after its handshake, whatever was answered."""
    async with open_raw(url) as (reader, writer):
        writer.write(f"GET {WEBSOCKET}{query} HTTP/1.1\r\n{UPGRADE}\r\n".encode())
        yield FrameClient(reader, writer, await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5))
