"""Ends what an earlier run of the same folder left behind when it was killed.

On Linux the kernel has told those processes already (`launcher`); they may still be on their way out.
"""

import signal
from pathlib import Path

from ..machine import Places
from .process_table import end_process, is_gone, list_running_in, read_command_line, wait_until
from .progress import Progress
from .state import read_recorded

_TERM_THEN_KILL = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
_FAST_THEN_IMMEDIATE = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


async def end_leftovers(places: Places, progress: Progress) -> None:
    """End the workloads and NATS that the folder's state names, if they still are what it says."""
    for recorded in read_recorded(places.state):
        # Ids are used again: only a command line that names our folder proves that the process is ours.
        if recorded.pid is not None and f"{places.folder}/" in read_command_line(recorded.pid):
            progress.warn(f"ending {recorded.name} (process {recorded.pid}), left over from a run that was killed")
            await end_process(recorded.pid, *_TERM_THEN_KILL)


async def end_stale_postgres(data: Path, progress: Progress) -> None:
    """End a PostgreSQL that still serves `data`, and wait for its last processes, which would keep a new one out."""
    pid_file = data / "postmaster.pid"
    pid = _read_pid(pid_file)
    if pid is not None and not is_gone(pid):
        if _serves(pid, data):
            progress.warn(f"ending PostgreSQL (process {pid}), left over from a run that was killed")
            await end_process(pid, *_FAST_THEN_IMMEDIATE)
        else:
            pid_file.unlink(missing_ok=True)  # its id belongs to another program now, which PostgreSQL would respect
    await wait_until(lambda: not list_running_in(data, "postgres"), patience=10.0)


def _read_pid(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return None
    return int(first) if first.isdecimal() else None


def _serves(pid: int, data: Path) -> bool:
    return f"postgres -D {data}" in read_command_line(pid)
