"""Deadlines of many, kept by one timer: those of a second share a slot, and every second one slot is emptied."""

import logging
import math
from collections.abc import Iterator
from typing import Final, Protocol

_log = logging.getLogger(__name__)
_SLOTS: Final = 128


class Timed(Protocol):
    """Something that has a deadline, or none."""

    slot: int | None
    """Where the wheel keeps it; for the wheel alone."""

    def expire(self) -> None:
        """Called when the deadline has passed, which is gone then."""
        ...


class Wheel:
    """Counts turns, not time: a process that was held up has not missed anybody's deadline."""

    def __init__(self) -> None:
        self._at = 0
        self._slots: list[set[Timed]] = [set() for _ in range(_SLOTS)]

    def set(self, timed: Timed, seconds: float) -> None:
        """Give a deadline, at most a second late and never early, in place of the one that there was."""
        self.cancel(timed)
        timed.slot = (self._at + math.ceil(seconds) + 1) % _SLOTS
        self._slots[timed.slot].add(timed)

    def cancel(self, timed: Timed) -> None:
        """Take a deadline back, if there is one."""
        if timed.slot is not None:
            self._slots[timed.slot].discard(timed)
            timed.slot = None

    def turn(self) -> Iterator[None]:
        """Go on by one second: each step of the iterator lets one deadline pass, until none is left."""
        self._at = (self._at + 1) % _SLOTS
        due = self._slots[self._at]
        while due:
            timed = due.pop()
            timed.slot = None
            try:
                timed.expire()
            except Exception:  # the others, and the process, must not end for one
                _log.exception("a deadline could not be met")
            yield
