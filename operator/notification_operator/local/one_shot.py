"""Runs a program to its end."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .launcher import launch, send_signal

PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended."""

    code: int
    output: str = ""


async def run_logged(command: Sequence[str], log: Path, stdin: bytes = b"") -> Outcome:
    """Run `command` with `stdin`, its words appended to `log`; end it when we are cancelled."""
    process = await launch(command, log, stdin=asyncio.subprocess.PIPE)
    try:
        await process.communicate(stdin)
    finally:
        await _end(process)
    return Outcome(process.returncode or 0)


async def run_captured(command: Sequence[str], log: Path) -> Outcome:
    """Run `command` and return what it printed; its complaints are appended to `log`."""
    with log.open("ab") as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=complaints
        )
    try:
        output, _ = await process.communicate()
    finally:
        await _end(process)
    return Outcome(process.returncode or 0, output.decode(errors="replace").strip())


async def _end(process: asyncio.subprocess.Process) -> None:
    ended = asyncio.create_task(process.wait())
    for number in (signal.SIGTERM, signal.SIGKILL):
        send_signal(process, number)
        await asyncio.wait({ended}, timeout=PATIENCE)
