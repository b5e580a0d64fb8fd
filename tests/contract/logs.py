"""One log of topics and the gateways that share it, in memory and on NATS."""

import asyncio
from uuid import UUID

from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.adapters.nats.connection import Connection, connect
from notifications.adapters.nats.topic_bus import NatsTopicBus
from notifications.adapters.nats.topic_log import NatsTopicLog
from notifications.domain.topics import Entry, Topic
from notifications.ports.topics import TopicBus, TopicLog
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

Gateway = tuple[TopicLog, TopicBus]


class MemoryLogs:
    """Gateways that share a log in memory."""

    def __init__(self) -> None:
        self._log = MemoryTopicLog()

    async def open(self) -> Gateway:
        return self._log, MemoryTopicBus(self._log)

    async def wipe(self) -> None:
        self._log.wipe()

    async def close(self) -> None:
        """Nothing to release."""


class NatsLogs:
    """Gateways that share a nats-server, each with its own connection."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self._connections: list[Connection] = []

    async def open(self) -> Gateway:
        connection = await connect([self._server.url], "gateway", self._server.password("gateway"), "contract")
        self._connections.append(connection)
        return NatsTopicLog(connection), NatsTopicBus(connection)

    async def wipe(self) -> None:
        """Kill the server, remove what it has stored, and return when all are connected again."""
        await asyncio.to_thread(self._server.kill)
        await eventually(lambda: not any(connection.connected for connection in self._connections))
        self._server.wipe()
        await asyncio.to_thread(self._server.start)
        await eventually(lambda: all(connection.connected for connection in self._connections))

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


Logs = MemoryLogs | NatsLogs


def topic(name: str, tenant: str = "acme") -> Topic:
    return Topic(tenant, tuple(name.split(".")))


class Speaker:
    """Somebody whose messages are numbers, each with an id of its own."""

    def __init__(self, log: TopicLog) -> None:
        self._log = log
        self._said = 0

    async def say(self, *names: str) -> list[int]:
        """Say the next numbers, one on each topic; return the numbers that the log gave them."""
        return [await self._say_next(name) for name in names]

    async def _say_next(self, name: str) -> int:
        self._said += 1
        return await self._log.append(topic(name), b"%d" % self._said, UUID(int=self._said))


def bodies(entries: tuple[Entry, ...] | list[Entry]) -> list[int]:
    return [int(entry.body) for entry in entries]
