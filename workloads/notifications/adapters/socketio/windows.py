"""Lets what clients wait for gather, and leave when its window is over: one timer for all that leave about then."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

_log = logging.getLogger(__name__)
_TICK: Final = 5


class Gatherer(Protocol):
    """Where something gathers."""

    def leave(self, gathering: "Gathering") -> None:
        """Send what has gathered, unless that has left already."""
        ...


@dataclass(slots=True, eq=False)
class Gathering:
    """What gathers for one client. `milliseconds` is the shortest window of what is in it."""

    gatherer: Gatherer
    on_leave: Callable[[], None]
    milliseconds: int


class Windows:
    """Slots of a few milliseconds, with a timer for each that anything is in.

    A message to thousands opens all their windows at once. If they ended at once as well, the last would be late by as
    long as it takes to write to all; so they end in turns, each in the second half of its time.
    """

    def __init__(self) -> None:
        self._slots: dict[int, list[Gathering]] = {}
        self._turn = 0

    def close_later(self, gathering: Gathering) -> None:
        """Let it leave before its milliseconds are over."""
        loop = asyncio.get_running_loop()
        latest = int(loop.time() * 1000 + gathering.milliseconds) // _TICK
        slot = latest - self._turn % (gathering.milliseconds // (2 * _TICK) + 1)
        self._turn += 1
        due = self._slots.get(slot)
        if due is None:
            due = self._slots[slot] = []
            loop.call_at(slot * _TICK / 1000, self._close, slot)
        due.append(gathering)

    def _close(self, slot: int) -> None:
        for gathering in self._slots.pop(slot):
            try:
                gathering.gatherer.leave(gathering)
            except Exception:  # the others must not wait for ever
                _log.exception("what has gathered could not be sent")
