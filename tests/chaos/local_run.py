"""`notification-operator local` as a test drives it: by its command line, its state file and the pids in it."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from tests.support.ports import free_port
from tests.support.waiting import eventually

SAMPLE = Path(__file__).parents[2] / "crds" / "samples" / "demo.yaml"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class LocalRun:
    """A running system in `folder`, reached at `url`."""

    folder: Path
    url: str
    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, folder: Path, cluster: Path = SAMPLE) -> "LocalRun":
        """Start what a file describes and return when it serves; what it says goes to `run.log` in the folder."""
        port = free_port()
        with (folder / "run.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(BIN / "notification-operator", "local", cluster, "--port", str(port)),
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        run = cls(folder, f"http://127.0.0.1:{port}", process)
        await eventually(run.is_ready, within=60, what=f"the local run (see {folder / 'run.log'})")
        return run

    async def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 60)

    async def is_ready(self) -> bool:
        """Whether every process of it is up."""
        if self.process.returncode is not None:
            raise AssertionError((self.folder / "run.log").read_text())
        return "Ctrl-C drains" in (self.folder / "run.log").read_text()

    def kill(self, name: str) -> bool:
        """`kill -9` a process by the name that the state file gives it; False if it is down already."""
        pid = self._pids().get(name)
        if pid is None or not Path(f"/proc/{pid}").exists():
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def wipe_nats(self) -> bool:
        """Kill nats-server and take all its storage away before it is restarted."""
        killed = self.kill("nats")
        shutil.rmtree(self.folder / ".local" / "nats" / "jetstream")
        return killed

    def token(self, user: str) -> str:
        """A token for a user of the demo tenant that may also send."""
        return self.command("token", "--sub", user, "--tenant", "demo", "--scope", "notifications:write")

    def command(self, *words: str) -> str:
        """Run `notifications` in the folder, and return what it prints."""
        command = (str(BIN / "notifications"), *words)
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def log(self, name: str) -> str:
        """What a process has logged so far, in all its lives."""
        return (self.folder / ".local" / "log" / f"{name}.log").read_text(errors="replace")

    async def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask its database."""
        connection = await asyncpg.connect((self.folder / ".local" / "secrets" / "postgres-uri").read_text().strip())
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def backlog(self) -> int | None:
        """Jobs without an outcome, as the worker tells; None while it cannot be asked."""
        worker = next(process for process in self.state()["processes"] if process["role"] == "worker")
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://{_address(worker)}/load") as answer:
                queues = (await answer.json())["queues"]
        except (aiohttp.ClientError, OSError, KeyError):
            return None
        return sum(int(queue["depth"]) for queue in queues.values())

    def state(self) -> dict[str, Any]:
        """The state file."""
        state: dict[str, Any] = json.loads((self.folder / ".local" / "state.json").read_text())
        return state

    def _pids(self) -> dict[str, int | None]:
        state = self.state()
        pids = {process["name"]: process["pid"] for process in state["processes"]}
        return {**pids, "nats": state["nats"]["pid"]}


@asynccontextmanager
async def running(folder: Path, cluster: Path = SAMPLE) -> AsyncIterator[LocalRun]:
    """A system for the length of the block."""
    run = await LocalRun.start(folder, cluster)
    try:
        yield run
    finally:
        if run.process.returncode is None:
            await run.stop()


def _address(process: dict[str, Any]) -> str:
    management = process["management"]
    return management if isinstance(management, str) else f"127.0.0.1:{management}"
