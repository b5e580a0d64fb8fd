"""Connections to a server that a test may break."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from notifications.adapters.nats.connection import Connection, connect
from notifications.adapters.nats.streams import STREAM
from notifications.domain.jobs import Channel, Job, Queue
from notifications.domain.notification import UserKey
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

Open = Callable[..., Awaitable[Connection]]
StartNats = Callable[[Callable[[dict[str, Any]], object]], NatsServer]


def job(number: int) -> Job:
    return Job(UUID(int=number), UserKey("acme", "alice"), Channel.WEBSOCKET, Queue.NORMAL)


@pytest.fixture
async def open_connection() -> AsyncIterator[Open]:
    """Connect as a user of a server; closed after the test."""
    connections: list[Connection] = []

    async def open_one(server: NatsServer, user: str = "worker") -> Connection:
        connections.append(await connect([server.url], user, server.password(user), "test", within=10))
        return connections[-1]

    yield open_one
    for connection in connections:
        await connection.close()


@pytest.fixture
def start_nats(tmp_path: Path) -> Iterator[StartNats]:
    """Start a private server whose configuration was changed first."""
    servers: list[NatsServer] = []

    def start(change: Callable[[dict[str, Any]], object]) -> NatsServer:
        server = NatsServer(tmp_path)
        file = tmp_path / "nats.conf"
        config = json.loads(file.read_text())
        change(config)
        file.write_text(json.dumps(config))
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


async def until_jobs_are(connection: Connection, count: int) -> None:
    """Return when the stream holds so many jobs: one that is done is removed a moment later."""

    async def has() -> bool:
        answer = await connection.request(f"$JS.API.STREAM.INFO.{STREAM}", b"")
        return bool(json.loads(answer.data)["state"]["messages"] == count)

    await eventually(has, what=f"{count} jobs")
