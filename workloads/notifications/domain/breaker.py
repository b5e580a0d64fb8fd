"""A circuit breaker: stops calling what fails, and tries again carefully. It has no clock: times come in, in seconds.

closed     calls go through; BREAKER_FAILURES of the last calls failed, BREAKER_MINIMUM of them at least: open
open       no call goes through for BREAKER_OPEN seconds; then: half-open
half-open  BREAKER_TRIALS calls go through; as soon as their outcome is decided: closed or open
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from notifications.domain.limits import (
    BREAKER_CALLS,
    BREAKER_FAILURES,
    BREAKER_MINIMUM,
    BREAKER_OPEN,
    BREAKER_TRIALS,
    BREAKER_WINDOW,
)

_TOLERATED = BREAKER_FAILURES * BREAKER_TRIALS


class State(StrEnum):
    """See the module."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one call, to be given back once by `record` or `forget`. It counts only in the phase that gave it."""

    phase: int


@dataclass(slots=True)
class Breaker:
    """One breaker. `now` never runs backwards."""

    state: State = State.CLOSED
    _phase: int = 0
    _opened_at: float = 0.0
    _given: int = 0
    _calls: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=BREAKER_CALLS))

    def admit(self, now: float) -> Permit | None:
        """Return leave for a call, or None."""
        if self.state is State.OPEN and self.wait(now) == 0:
            self._enter(State.HALF_OPEN, now)
        if self.state is State.OPEN or (self.state is State.HALF_OPEN and self._given == BREAKER_TRIALS):
            return None
        self._given += 1
        return Permit(self._phase)

    def wait(self, now: float) -> float:
        """Return the seconds until an open breaker lets calls through again, 0 for others."""
        return max(0.0, self._opened_at + BREAKER_OPEN - now) if self.state is State.OPEN else 0.0

    def record(self, permit: Permit, now: float, *, failed: bool) -> None:
        """Count the outcome of a call."""
        if permit.phase != self._phase:
            return
        self._calls.append((now, failed))
        if self.state is State.HALF_OPEN:
            self._judge_trials(now)
        else:
            self._judge_window(now)

    def forget(self, permit: Permit) -> None:
        """Take back leave for a call that says nothing: it was not made, or was given up."""
        if permit.phase == self._phase:
            self._given -= 1

    def _judge_window(self, now: float) -> None:
        while self._calls[0][0] <= now - BREAKER_WINDOW:
            self._calls.popleft()
        if len(self._calls) >= BREAKER_MINIMUM and self._failed() >= BREAKER_FAILURES * len(self._calls):
            self._enter(State.OPEN, now)

    def _judge_trials(self, now: float) -> None:
        failed = self._failed()
        if failed >= _TOLERATED:
            self._enter(State.OPEN, now)
        elif len(self._calls) - failed > BREAKER_TRIALS - _TOLERATED:
            self._enter(State.CLOSED, now)

    def _failed(self) -> int:
        return sum(failed for _, failed in self._calls)

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        self._phase += 1
        self._given = 0
        self._calls.clear()
        if state is State.OPEN:
            self._opened_at = now
