"""The whole system as processes on this machine: PostgreSQL, nats-server, gateways on one port, workers.

Every process has a name ("postgres", "nats", "gateway-0", "worker-0") by which a test starts, stops and kills it.
"""

import asyncio
import json
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest
import pytest_asyncio

from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.secret import write_secret
from tests.support.workload import Workload, command, last_lines

ISSUER = AUDIENCE = "notifications"
Family = Mapping[str, object]
FAMILIES: Sequence[Family] = (
    {"family": "orders", "authorize": "everyone"},
    {"family": "teams", "authorize": "members"},
    {"family": "prices", "authorize": "everyone", "batch": {"messages": 20, "milliseconds": 100}},
)
HOST = "127.0.0.1"


class Stack:
    """The processes by name, their addresses, and tokens that they accept. Configuration and logs are in `folder`.

    `start`, `stop` and `kill` of "postgres" and "nats" block the event loop for the moment they take.
    """

    def __init__(
        self, folder: Path, postgres: Postgres, nats: NatsServer, families: Sequence[Family] = FAMILIES
    ) -> None:
        self.folder = folder
        self.postgres = postgres
        self.nats = nats
        self.database = postgres.create_database()
        self.workloads: dict[str, Workload] = {}
        self._key = secrets.token_urlsafe(32)
        self.unsubscribe_key = secrets.token_urlsafe(32)
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        self._internal_ports: dict[str, int] = {}
        self._write_files(families)

    @property
    def url(self) -> str:
        """The address that all gateways share, as clients see it."""
        return f"http://{HOST}:{self.port}"

    def internal_url(self, gateway: str) -> str:
        """Where the sockets of this very gateway are reached, as its peers see it."""
        return f"http://{HOST}:{self._internal_ports[gateway]}"

    def management_url(self, name: str) -> str:
        """Where `/healthz`, `/readyz`, `/metrics` and `/load` of a gateway or worker are."""
        return f"http://{HOST}:{self.workloads[name].management_port}"

    def config(self, role: str) -> Path:
        """The configuration file of "gateway" or "worker"."""
        return self.folder / f"{role}.json"

    def token(self, user: str, tenant: str = "default", scope: str = "notifications:write", **claims: object) -> str:
        """A token that lives an hour; `claims` add to it or replace what stands there, such as `exp`."""
        stated = {"sub": user, "tenant": tenant, "scope": scope, "iss": ISSUER, "aud": AUDIENCE}
        return jwt.encode({**stated, "exp": int(time.time()) + 3600, **claims}, self._key, headers={"kid": "demo"})

    def log(self, name: str) -> str:
        """What a process has logged so far."""
        match name:
            case "postgres":
                return self.postgres.log
            case "nats":
                return self.nats.log
        return self.workloads[name].log

    async def set_up(self) -> None:
        """Run `notifications setup`, which may be repeated."""
        done = await asyncio.to_thread(
            subprocess.run,
            command("setup", "--config", str(self.config("worker"))),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"notifications setup failed:\n{last_lines(done.stderr)}"

    async def start(self, name: str) -> None:
        """Start a process and return when it is ready. A gateway or worker that is new by name is added."""
        match name:
            case "postgres":
                self.postgres.start()
            case "nats":
                self.nats.start()
            case _:
                if name not in self.workloads:
                    self._add(name)
                await self.workloads[name].start()

    async def stop(self, name: str) -> None:
        """Stop a process in order; AssertionError if a gateway or worker does not exit with 0."""
        match name:
            case "postgres":
                self.postgres.stop()
            case "nats":
                self.nats.stop()
            case _:
                code = await self.workloads[name].stop()
                assert code == 0, f"{name} exited with {code}:\n{last_lines(self.log(name))}"

    async def kill(self, name: str) -> None:
        """Kill a process as the kernel would."""
        match name:
            case "postgres":
                self.postgres.kill()
            case "nats":
                self.nats.kill()
            case _:
                await self.workloads[name].kill()

    async def close(self) -> None:
        """Kill the gateways and workers and let go of the public port."""
        await asyncio.gather(*(workload.kill() for workload in self.workloads.values()))
        self._reservation.close()

    def _add(self, name: str) -> None:
        role = name.partition("-")[0]
        arguments = [role, "--config", str(self.config(role))]
        if role == "gateway":
            internal = self._internal_ports[name] = free_port()
            arguments += ["--port", str(self.port), "--reuse-port", "--internal-port", str(internal)]
        self.workloads[name] = Workload(name, arguments, self.folder / f"{name}.log")

    def _write_files(self, families: Sequence[Family]) -> None:
        uri, key = self.folder / "postgres-uri", self.folder / "jwt-demo.key"
        write_secret(uri, self.database)
        write_secret(key, self._key)
        links = self.folder / "unsubscribe.key"
        write_secret(links, self.unsubscribe_key)
        auth = {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "keys": [{"id": "demo", "algorithm": "HS256", "file": str(key)}],
        }
        channels = {"unsubscribeKeyFile": str(links)}
        gateway = {"auth": auth, "demo": True, "channels": channels, "htmlTypes": ["html"], "topics": families}
        extras: dict[str, dict[str, object]] = {"gateway": gateway, "worker": {}}
        for role, extra in extras.items():
            password = str(self.nats.password_file(role))
            backends = {
                "postgres": {"uriFile": str(uri)},
                "nats": {"servers": [self.nats.url], "user": role, "passwordFile": password},
            }
            self.config(role).write_text(json.dumps({"role": role, **backends, **extra}))


def reserve_port() -> socket.socket:
    """A socket that keeps a port for gateways that share it, also while none of them runs; it takes no connection."""
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind((HOST, 0))
    return reservation


@asynccontextmanager
async def run_stack(
    folder: Path,
    gateways: int = 2,
    workers: int = 1,
    settings: Mapping[str, str] | None = None,
    families: Sequence[Family] = FAMILIES,
) -> AsyncIterator[Stack]:
    """Start everything in `folder` and end it in the reverse order; `settings` are PostgreSQL's."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as data:
        postgres, nats = Postgres(Path(data), settings), NatsServer(folder)
        try:
            postgres.start()
            nats.start()
            stack = Stack(folder, postgres, nats, families)
            try:
                await stack.set_up()
                names = [f"gateway-{n}" for n in range(gateways)] + [f"worker-{n}" for n in range(workers)]
                async with asyncio.TaskGroup() as starts:
                    for name in names:
                        starts.create_task(stack.start(name))
                yield stack
            finally:
                await stack.close()
        finally:
            nats.kill()
            postgres.kill()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The session's two gateways and a worker. Do not stop or kill a part: that is what `private_stack` is for."""
    async with run_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
async def private_stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A running stack of this test alone, whose parts may be stopped, killed, wiped and started again."""
    async with run_stack(tmp_path) as running:
        yield running
