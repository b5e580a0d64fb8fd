"""How a process ended, in words. Pure but for the last line of its log."""

import signal
from dataclasses import dataclass

from ..errors import OperatorError, Refused, StartFailed
from ..topology import Process
from .folder import show_path
from .log_tail import read_last_words

_USERS_MISTAKE = 2


@dataclass(frozen=True, slots=True)
class Ending:
    """An exit code (negative: the number of the signal) or the problem that kept the process from starting.

    `ready_for` is for how many seconds it had been ready.
    """

    code: int | None = None
    problem: str = ""
    ready_for: float = 0.0

    def describe(self, process: Process) -> str:
        """Return what happened to `process`, with its last words if they may explain it, and where to read more."""
        if self.problem:
            return f"{process.name} could not be started: {self.problem}"
        if self.code is not None and self.code < 0:
            return f"{process.name} was killed by {_name_signal(-self.code)} (log: {show_path(process.log)})"
        words = read_last_words(process.log)
        return (
            f"{process.name} ended with exit code {self.code}{f': {words}' if words else ''} "
            f"(log: {show_path(process.log)})"
        )


def explain_failed_start(process: Process, ending: Ending) -> OperatorError:
    """Return the error for a process that ended before it was ready."""
    words = read_last_words(process.log)
    if ending.code == _USERS_MISTAKE and words:
        return Refused(f"{process.name}: {words}")
    return StartFailed(ending.describe(process))


def explain_slow_start(process: Process, waited: float, missing: str) -> OperatorError:
    """Return the error for a process that did not become ready in time."""
    return StartFailed(f"{process.name} was not ready within {waited:g} s: {missing} (log: {show_path(process.log)})")


def _name_signal(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
