"""Looks at processes that this run did not start, and ends those that belong to its folder."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PROC = Path("/proc")


def read_command_line(pid: int) -> str:
    """Return the command line of `pid`; empty when there is no such process."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "" if _PROC.is_dir() else _ask_ps(pid)


def list_running_in(folder: Path, name: str) -> tuple[int, ...]:
    """Return the processes called `name` that work in `folder`; none where the system does not tell."""
    pids = (int(entry.name) for entry in _PROC.glob("[0-9]*"))
    return tuple(pid for pid in pids if _works_in(pid, folder, name))


async def end_process(pid: int, *escalation: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and give it so many seconds, until `pid` is gone."""
    for number, patience in escalation:
        if not _send(pid, number) or await wait_until(lambda: is_gone(pid), patience):
            return


async def wait_until(condition: Callable[[], bool], patience: float) -> bool:
    """Return whether `condition` came true within so many seconds; processes that are not ours cannot be awaited."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)  # the kernel announces the end of a process only to its parent
    return True


def is_gone(pid: int) -> bool:
    """Return whether `pid` has ended; a zombie has."""
    return not read_command_line(pid)


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _works_in(pid: int, folder: Path, name: str) -> bool:
    process = _PROC / str(pid)
    try:
        return (process / "comm").read_text().strip() == name and (process / "cwd").readlink() == folder
    except OSError:
        return False


def _ask_ps(pid: int) -> str:
    ps = shutil.which("ps")
    if ps is None:
        return ""
    command = [ps, "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
