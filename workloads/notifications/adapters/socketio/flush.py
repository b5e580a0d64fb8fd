"""Sends what a turn of the event loop has brought for many clients, each in one piece, at the end of the turn."""

import asyncio
import logging
from typing import Protocol

_log = logging.getLogger(__name__)


class Flushed(Protocol):
    """Something that gathers what it has to send."""

    def flush(self) -> None:
        """Send it."""
        ...


class Flush:
    """One callback for all who have something to send."""

    def __init__(self) -> None:
        self._due: list[Flushed] = []

    def soon(self, flushed: Flushed) -> None:
        """Flush it when what is running now is done."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._run)
        self._due.append(flushed)

    def _run(self) -> None:
        due, self._due = self._due, []
        for flushed in due:
            try:
                flushed.flush()
            except Exception:  # the others must not wait for ever
                _log.exception("a socket could not be flushed")
