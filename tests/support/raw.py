"""Bytes on a TCP connection, for what no HTTP library would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


@asynccontextmanager
async def open_raw(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that is cut at the end of the block."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def exchange(url: str, request: bytes, within: float = 5.0) -> bytes:
    """Send bytes and return the head of the answer with what came along; nothing if the other side hung up.

    Raises TimeoutError if neither happens.
    """
    async with open_raw(url) as (reader, writer):
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(within):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                has_body = b"\r\nContent-Length: 0\r\n" not in head and not request.startswith(b"HEAD")
                return head + (await reader.read(4096) if has_body else b"")
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
