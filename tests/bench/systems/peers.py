"""Servers of Socket.IO that the gateway is compared with, each in the settings its documentation has for production."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

from tests.bench.native import PROGRAMS, Way
from tests.bench.systems.system import SEND, Running, write_login
from tests.support.nats import dies_with_us
from tests.support.node import install
from tests.support.ports import free_port, is_listening
from tests.support.waiting import eventually

PEERS = Path(__file__).parents[1] / "peers"
ISSUER = "bench"
ROOMS = frozenset({"room", "hot-room", "many-rooms", "latency"})
REDIS = "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Socketio:
    """A server of Socket.IO in `servers` processes, each with a port. `adapter` is a Redis adapter of Node's."""

    name: str
    scenarios: frozenset[str]
    adapter: str = ""
    servers: int = 1
    dialect: str = "socketio"
    room: str = "group:"

    def find_missing(self) -> str | None:
        if self.adapter and not shutil.which("redis-server"):
            return "redis-server is not installed: on Debian, apt install redis-server"
        if self.name.startswith("socket.io"):
            return "Node.js is not installed" if not shutil.which("node") else install(PEERS)
        return None

    @asynccontextmanager
    async def start(self, folder: Path, scenario: str) -> AsyncIterator[Running]:
        key = secrets.token_urlsafe(32)

        def token(user: str, groups: Sequence[str]) -> str:
            claims = {"sub": user, "groups": list(groups), "iss": ISSUER, "aud": ISSUER}
            return jwt.encode({**claims, "exp": int(time.time()) + 3600}, key)

        ports = tuple(free_port() for _ in range(self.servers))
        redis = free_port()
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            if self.adapter:
                command = ["redis-server", "--port", str(redis), *REDIS]
                processes["redis"] = await launch(command, folder / "redis.log", redis)
            for port in ports:
                known = {"KEY": key, "ISSUER": ISSUER, "REDIS": str(redis), "RECOVERY": "1" * (scenario == "storm")}
                command, environment = self._command(port, key), {**os.environ, **known, "PORT": str(port)}
                environment |= {"NODE_ENV": "production", "ADAPTER": self.adapter}
                processes[f"server-{port}"] = await launch(command, folder / f"{port}.log", port, environment)
            login = write_login(token("publisher", ()))
            pids = {name: process.pid for name, process in processes.items()}
            yield Running(
                ports=ports,
                processes=pids,
                fronts=tuple(pids[f"server-{port}"] for port in ports),
                token=token,
                to_room=Way("socketio", ports, login=login, body=SEND.replace("$ROOM", "group:$T")),
                to_user=Way("socketio", ports, login=login, body=SEND.replace("$ROOM", "user:$T")),
            )
        finally:
            for process in processes.values():
                process.kill()
                process.wait()

    def _command(self, port: int, key: str) -> list[str]:
        match self.name:
            case "c-send":
                return [str(PROGRAMS / "send"), str(port)]
            case "python-socketio":
                return [sys.executable, "-m", "tests.bench.peers.library", str(port), key, ISSUER]
        return ["node", str(PEERS / "server.js")]


async def launch(
    command: Sequence[str], log: Path, port: int, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process and return when it listens; AssertionError with what it wrote if it does not."""
    with log.open("ab") as output:
        process = subprocess.Popen([*dies_with_us(), *command], env=environment, stdout=output, stderr=output)
    try:
        await eventually(lambda: is_listening(port) or process.poll() is not None, within=20, what=f"{command[0]}")
        assert process.poll() is None, f"{command[0]} ended:\n{log.read_text()[-2000:]}"
    except BaseException:
        process.kill()
        await asyncio.to_thread(process.wait)
        raise
    return process


ALL = ROOMS | {"direct", "connect", "idle"}
PEER_SYSTEMS = (
    Socketio("socket.io", ALL | {"storm"}),
    Socketio("socket.io-redis", ROOMS | {"direct"}, adapter="redis", servers=2),
    Socketio("socket.io-redis-streams", ROOMS | {"direct", "storm"}, adapter="redis-streams", servers=2),
    Socketio("python-socketio", ALL),
    Socketio("c-send", ROOMS),
)
