"""Leaves a PostgreSQL alone that accepts connections and answers nothing, so that nobody waits for it in vain.

Only silence counts: what is refused or broken fails at once by itself, and works as soon as the server does. Nothing is
counted before the first silence: who asks a server that answers pays for one look at `suspected`.
"""

import logging
import math
from collections.abc import Callable
from typing import Final

from notifications.domain.breaker import Breaker, Permit, State
from notifications.domain.errors import Silent
from notifications.domain.limits import BREAKER_WINDOW

_log: Final = logging.getLogger(__name__)


class Silence:
    """A circuit breaker around a server. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._breaker = Breaker()
        self._last = -math.inf
        self.suspected = False
        """Whether calls need a permit: there was no answer not long ago."""

    def admit(self) -> Permit:
        """Return leave for a call. Raises Silent while the server is left alone."""
        now = self._monotonic()
        if permit := self._breaker.admit(now):
            return permit
        raise Silent(max(1, math.ceil(self._breaker.wait(now))))

    def forget(self, permit: Permit | None) -> None:
        """Take back leave for a call that was given up."""
        if permit is not None:
            self._breaker.forget(permit)

    def settle(self, permit: Permit | None, *, silent: bool) -> None:
        """Take note of how a call ended; of an answer without a permit there is nothing to note."""
        now = self._monotonic()
        if silent:
            self._last, self.suspected = now, True
            permit = permit or self._breaker.admit(now)
        if permit is None:
            return
        before = self._breaker.state
        self._breaker.record(permit, now, failed=silent)
        if (state := self._breaker.state) is not before:
            _log.warning(
                "PostgreSQL is silent" if state is State.OPEN else "PostgreSQL answers again",
                extra={"event": "circuit_breaker", "state": state},
            )
        self.suspected = state is not State.CLOSED or now - self._last < BREAKER_WINDOW

    @property
    def is_open(self) -> bool:
        """Whether the server is left alone, but for a few trials from time to time."""
        return self._breaker.state is not State.CLOSED
