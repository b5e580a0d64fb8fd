"""How long to wait before a process that died is started again: 1 s, doubling to 30 s. Pure."""

from dataclasses import dataclass

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """The delay, in seconds, before the next start; zero while nothing has died."""

    delay: float = 0.0

    def after_death(self, ready_for: float) -> "Backoff":
        """Return what follows a death after `ready_for` seconds of readiness; a healthy life starts over."""
        if self.delay == 0.0 or ready_for >= HEALTHY_AFTER:
            return Backoff(FIRST_DELAY)
        return Backoff(min(self.delay * 2, LONGEST_DELAY))
