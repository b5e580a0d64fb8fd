"""Starts programs so that they do not outlive this process, where the system can arrange that.

Linux sends a process a signal when its parent dies, if it asked for that; `setpriv` asks and then becomes the
program. Its request comes after any change of account, which would cancel it. Elsewhere `leftovers` cleans up at the
next start.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Launcher:
    """How programs are started here; `setpriv` is its path, or None where it cannot be used."""

    setpriv: str | None

    def wrap(self, argv: Sequence[str], death_signal: signal.Signals, account: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the command that runs `argv` with the flags `account`, and ends it by `death_signal` with us."""
        if self.setpriv is None:
            return tuple(argv)
        return (self.setpriv, *account, f"--pdeathsig={death_signal.name.removeprefix('SIG')}", "--", *argv)


def find_launcher() -> Launcher:
    """Return how programs are started on this machine; small systems have a setpriv that cannot do this."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return Launcher(None)
    trial = subprocess.run(  # noqa: S603 -- a fixed command line
        [setpriv, "--pdeathsig=TERM", "--", "true"], check=False, capture_output=True
    )
    return Launcher(setpriv if trial.returncode == 0 else None)


async def launch(
    command: Sequence[str], log: Path, *, stdin: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """Start `command` apart from the terminal, so that a Ctrl-C there reaches only us; append to `log`."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",  # PostgreSQL's account may not be able to enter ours
        )


def send_signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send `number` if the process still runs. Its own method would reap a dead one, unknown to the event loop."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
