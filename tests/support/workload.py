"""One `notifications` process for tests: started as the operator starts it, stopped in order, or killed."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from tests.support.nats import dies_with_us
from tests.support.ports import free_port
from tests.support.waiting import eventually

LINES_TOLD = 20


class Workload:
    """A gateway or a worker; it keeps its name, its ports and its log over restarts."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.management_port = free_port()
        self._arguments = [*arguments, "--id", name, "--management-port", str(self.management_port)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running process."""
        assert self._process is not None, f"{self.name} is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """What the process has logged so far, in all its lives: JSON lines."""
        return self._log.read_text(errors="replace")

    async def start(self) -> None:
        """Start the process and return when it is ready; it dies with the thread that started it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*dies_with_us(), *command(*self._arguments)], cwd=self._log.parent, stdout=log, stderr=log
            )
        await eventually(self._is_ready, within=30, what=f"the start of {self.name}")

    async def stop(self) -> int:
        """Ask the process to drain and end, and return its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End the process as the kernel would; harmless when it does not run."""
        if self._process is not None:
            await self._end(signal.SIGKILL)

    async def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.name} ended by itself:\n{last_lines(self.log)}"
        url = f"http://127.0.0.1:{self.management_port}/readyz"
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(1)) as client, client.get(url) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None, f"{self.name} is not running"
        process, self._process = self._process, None
        process.send_signal(how)
        await eventually(lambda: process.poll() is not None, within=45, what=f"the end of {self.name}")
        return process.returncode


def command(*arguments: str) -> list[str]:
    """The words that run `notifications` with the running Python."""
    return [sys.executable, "-m", "notifications", *arguments]


def last_lines(log: str) -> str:
    """What a failed assertion tells of a log."""
    return "\n".join(log.splitlines()[-LINES_TOLD:])
