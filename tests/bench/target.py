"""The system under load: our own processes on a PostgreSQL that is as durable as in production, or `make run`'s."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.support.ports import free_port, is_listening
from tests.support.stack import HOST, run_stack
from tests.support.waiting import eventually

DEMO = Path(__file__).parents[2] / "crds/samples/demo.yaml"
# What `make run` gives its PostgreSQL, which is the server's own defaults
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
}
SCOPE = "notifications:write"


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is, tokens of producers, and its processes by name. `crash` kills PostgreSQL and starts it again."""

    port: int
    tokens: tuple[str, ...]
    processes: Mapping[str, int]
    postgres: int
    database: "asyncpg.Connection[asyncpg.Record]"
    uri: str
    crash: Callable[[], None] | None = None

    async def waiting(self) -> int:
        """How many jobs have no outcome yet."""
        return int(await self.database.fetchval("SELECT count(*) FROM outbox"))

    async def stored(self) -> int:
        """How many notifications there are."""
        return int(await self.database.fetchval("SELECT count(*) FROM notifications"))


@asynccontextmanager
async def start_stack(folder: Path, producers: int) -> AsyncIterator[Target]:
    """PostgreSQL, NATS, one gateway and one worker."""
    async with run_stack(folder, gateways=1, workers=1, settings=DURABLE) as stack:

        def crash() -> None:
            stack.postgres.kill()
            stack.postgres.start()

        database = await asyncpg.connect(stack.database)
        processes = {name: workload.pid for name, workload in stack.workloads.items()}
        yield Target(
            port=stack.port,
            tokens=tuple(stack.token(f"producer-{number}") for number in range(producers)),
            processes={**processes, "nats": stack.nats.pid},
            postgres=stack.postgres.pid,
            database=database,
            uri=stack.database,
            crash=crash,
        )
        if not database.is_closed():
            await database.close()


@asynccontextmanager
async def start_local_run(folder: Path, producers: int) -> AsyncIterator[Target]:
    """What `make run` starts, on data of its own."""
    port, programs = free_port(), Path(sys.executable).parent
    command = [str(programs / "notification-operator"), "local", str(DEMO), "--port", str(port), "--data", str(folder)]
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        try:
            await eventually(lambda: os.pread(log.fileno(), 10**6, 0).count(b"Ctrl-C"), within=60, what="the local run")
            yield await _find_local_run(folder, port, producers)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def _find_local_run(folder: Path, port: int, producers: int) -> Target:
    state = json.loads((folder / "state.json").read_text())
    uri = (folder / "secrets/postgres-uri").read_text().strip()
    processes = {each["name"]: each["pid"] for each in state["processes"] if each["role"] in {"gateway", "worker"}}
    return Target(
        port=port,
        tokens=tuple([await _mint(folder, f"producer-{number}") for number in range(producers)]),
        processes={**processes, "nats": state["nats"]["pid"]},
        postgres=state["postgres"]["pid"],
        database=await asyncpg.connect(uri),
        uri=uri,
    )


async def _mint(folder: Path, user: str) -> str:
    config = folder / "config/gateway.json"
    command = [sys.executable, "-m", "notifications", "token", "--config", str(config), "--sub", user, "--scope", SCOPE]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    return printed.decode().strip()


@asynccontextmanager
async def start_hello() -> AsyncIterator[int]:
    """The baseline; its port."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.hello", HOST, str(port))
    try:
        await eventually(lambda: is_listening(port), what="the baseline's start")
        yield port
    finally:
        process.kill()
        await process.wait()
