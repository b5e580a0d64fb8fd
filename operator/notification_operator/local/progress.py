"""What the user sees while the cluster runs: one line for each thing that happens, written at once."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TextIO

REMINDER = 2.0

_BOLD, _GREEN, _YELLOW, _DIM, _PLAIN = "\033[1m", "\033[32m", "\033[33m", "\033[2m", "\033[0m"


class Progress:
    """Lines on `stream`, coloured only on a terminal; a reader that went away is no reason to stop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str) -> None:
        """Write a plain line."""
        try:
            print(text, file=self._stream, flush=True)
        except OSError:  # a closed pipe, or a terminal that is gone
            self._silence()

    def step(self, name: str, text: str) -> None:
        """Write what one process is doing."""
        self.say(f"  {name:<10} {self._paint(_DIM, text)}")

    def done(self, name: str, text: str) -> None:
        """Write that one process has reached its goal."""
        self.say(f"  {name:<10} {self._paint(_GREEN, text)}")

    def warn(self, text: str) -> None:
        """Write what went wrong and is being put right."""
        self.say(self._paint(_YELLOW, text))

    def title(self, text: str) -> None:
        """Write a line that should be found again."""
        self.say(self._paint(_BOLD, text))

    def _silence(self) -> None:
        """Send the stream nowhere from now on, what it still holds included: Python would complain about it at exit."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._coloured else text


@asynccontextmanager
async def reminding(progress: Progress, name: str, reason: Callable[[], str]) -> AsyncIterator[None]:
    """Say every two seconds, while the block runs, what `name` waits for."""
    reminder = asyncio.create_task(_remind(progress, name, reason))
    try:
        yield
    finally:
        reminder.cancel()


async def _remind(progress: Progress, name: str, reason: Callable[[], str]) -> None:
    waited = 0.0
    while True:
        await asyncio.sleep(REMINDER)
        waited += REMINDER
        progress.step(name, f"still waiting: {reason()} ({waited:.0f} s)")
