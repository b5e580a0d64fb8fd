"""How often somebody may do something: a bucket of tokens that fills at a steady rate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` is how much may come at once after a silence."""

    per_second: float
    burst: float

    def share(self, among: int) -> "Rate":
        """Return what each of several is left with; at once never less than one."""
        return Rate(self.per_second / among, max(self.burst / among, 1.0))


class Bucket:
    """Times are seconds of any clock that does not go back. A bucket begins full, whatever its rate."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._tokens = rate.burst
        self._at = now

    def take(self, amount: int, rate: Rate, now: float) -> float:
        """Take tokens and return 0, or take none and return the seconds until there is one.

        Who takes several goes into debt rather than wait for a bucket that may never hold as many.
        """
        self._tokens = min(rate.burst, self._tokens + (now - self._at) * rate.per_second)
        self._at = now
        if self._tokens < 1:
            return (1 - self._tokens) / rate.per_second
        self._tokens -= amount
        return 0.0
