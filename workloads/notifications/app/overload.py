"""Whether this process is so late with everything that it had better take no more clients."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from notifications.domain.limits import OVERLOAD_AFTER, OVERLOAD_LAG

_log = logging.getLogger(__name__)
_EVERY: Final = 0.5


class Overload:
    """Sees how late the event loop wakes it. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._late_since: float | None = None
        self.is_on = False
        """Whether every look of the last OVERLOAD_AFTER seconds came OVERLOAD_LAG too late."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            due = self._monotonic() + _EVERY
            await asyncio.sleep(_EVERY)
            self._note(self._monotonic() - due)

    def _note(self, lag: float) -> None:
        now = self._monotonic()
        if lag < OVERLOAD_LAG:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now - lag
        was_on, self.is_on = self.is_on, self._late_since is not None and now - self._late_since >= OVERLOAD_AFTER
        if self.is_on != was_on:
            _log.warning("overloaded" if self.is_on else "in time again", extra={"event": "overload", "lag": lag})
