"""Two gateways with small limits, and a slow client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest_asyncio

from tests.integration.gateway.lone_gateway import LoneGateway, run_pair
from tests.support.frames import UPGRADE, FrameClient
from tests.support.stack import Stack
from tests.support.transport import WEBSOCKET

CONNECTIONS, OF_AN_ADDRESS = 5, 3
FAMILIES = [
    {"family": "orders", "authorize": "everyone"},
    {"family": "prices", "authorize": "everyone", "slowConsumer": "keepLatest"},
]
_SMALL = 4096


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def narrow(stack: Stack) -> AsyncIterator[list[LoneGateway]]:
    """Two gateways that take few connections, and fewer of an address, behind one trusted proxy."""
    addresses = {"connections": OF_AN_ADDRESS, "trustedProxies": 1}
    settings = {"connectionLimit": CONNECTIONS, "limits": {"addresses": addresses}, "topics": FAMILIES}
    async with run_pair(stack, "narrow", **settings) as gateways:
        yield gateways


@asynccontextmanager
async def open_slow(url: str) -> AsyncIterator[FrameClient]:
    """A websocket whose system holds hardly anything that is not read."""
    address = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=_SMALL)
    try:
        writer.write(f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}\r\n".encode())
        yield FrameClient(reader, writer, await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5))
    finally:
        writer.transport.abort()
