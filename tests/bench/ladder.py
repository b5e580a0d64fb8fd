"""The highest level that passes: doubled until one fails, then up by a fifth at a time from the highest that passed."""

from collections.abc import Sequence
from dataclasses import dataclass

FACTOR = 1.2
LEAST = 1 / 64


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where to begin, and the level above which nothing is asked."""

    start: float
    ceiling: float

    def next(self, tried: Sequence[tuple[float, bool]]) -> float | None:
        """Return the level to try after those, each with whether it passed; None when the highest is known."""
        passed = [level for level, good in tried if good]
        failed = [level for level, good in tried if not good]
        if not tried:
            return self.start
        if not passed:
            lower = min(failed) / 2
            return lower if lower >= self.start * LEAST else None
        best = max(passed)
        higher = best * 2 if not failed else best * FACTOR
        bound = min(failed, default=self.ceiling + 1)
        if failed:
            return higher if higher < bound * 0.99 and higher <= self.ceiling else None
        return min(higher, self.ceiling) if best < self.ceiling else None
