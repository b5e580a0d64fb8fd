"""Servers of sockets that only send what they are told to: python -m tests.bench.sockets SYSTEM PORT."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import socketio
import uvloop
from aiohttp import web

from notifications.adapters.http.application import build_application
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.headers import UNLESS_SAID
from notifications.adapters.http.listener import Listener
from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.socketio.server import SocketServer
from notifications.app.hub import Hub
from notifications.app.journal import Journal
from notifications.app.tasks import Tasks
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.garbage import search_rarely
from tests.bench.fanout import BODY

Send = Callable[[], Awaitable[None]]


def now() -> datetime:
    return datetime.now(UTC)


async def serve_gateway(port: int) -> Send:
    """The gateway's sockets on the memory adapters."""
    journal = Journal(Metrics())
    hub = Hub("gateway", MemoryStore(now), MemoryInboxBus(), Reports(), Tasks())

    def verify(token: object) -> Principal:
        return Principal(UserKey("default", str(token)), now() + timedelta(hours=1))

    async def answer(*_: object) -> dict[str, object]:
        return {}

    server = SocketServer("gateway", verify, hub, answer, journal)
    entrance = server.open_entrance(UNLESS_SAID)
    app = build_application([], entrance.handle, lambda: True)
    await Listener(app, Shortcuts(take=entrance.take)).open("127.0.0.1", port)
    background.extend(map(asyncio.ensure_future, (server.run(), journal.run())))
    search_rarely()

    async def send() -> None:
        for session in hub.sessions():
            assert session.socket.send("notification", BODY)

    return send


async def serve_library(port: int) -> Send:
    """python-socketio on aiohttp."""
    server: Any = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    event = {"id": "x" * 36, "content": "y" * 200}

    async def send() -> None:
        await server.emit("notification", event)

    return send


class Reports:
    """Takes note of nothing."""

    def sent(self, event: object, repaired: bool) -> None: ...

    def delivered(self, id: object, repaired: bool) -> None: ...


async def obey(send: Send) -> None:
    """Do what the lines of standard input say."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        match line.split():
            case ["send", events, per_second]:
                begun = loop.time()
                for number in range(int(events)):
                    await asyncio.sleep(begun + number / int(per_second) - loop.time())
                    await send()
                print("sent", flush=True)
            case ["memory"]:
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                print(pages * 4096, flush=True)
            case _:
                print("here", flush=True)


background: list[asyncio.Future[Any]] = []


async def main(system: str, port: int) -> None:
    await obey(await (serve_gateway if system == "gateway" else serve_library)(port))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
