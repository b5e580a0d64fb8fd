"""How often a user may do something in any minute, counted by several gateways that tell each other a little later.

A gateway knows what it has let through, and what others have told. So that all of them together do not let through
much more than the limit while they do not know of each other yet, each lets through at once only its share of what is
left; what it did SPEND_UNHEARD seconds and more ago, the others have heard of and counted.
"""

from collections import deque
from dataclasses import dataclass

from notifications.domain.limits import SPEND_UNHEARD, SPEND_WINDOW
from notifications.domain.notification import UserKey


@dataclass(frozen=True, slots=True)
class Spend:
    """What a gateway has let through of a user since it last told."""

    owner: UserKey
    count: int


@dataclass(slots=True)
class _Second:
    """What was let through here and elsewhere in the second that began at `begun`."""

    begun: int
    own: int = 0
    others: int = 0


class Spending:
    """What is known of one user. Times are seconds of a clock that does not go back."""

    __slots__ = ("_seconds", "known")

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque()
        self.known = 0
        """How much was let through in the last SPEND_WINDOW, as far as it is known."""

    def take(self, limit: int, gateways: int, now: float, count: int = 1) -> float:
        """Count so many more and return 0, or count nothing and return the seconds until there may be room.

        `gateways` is how many may let something through for this user, this one included. A share is taken one by one.
        """
        self._forget(now)
        if wait := self._wait_for_room(limit - count, now) or self._wait_for_share(limit, gateways, now):
            return wait
        self._at(now).own += count
        self.known += count
        return 0.0

    def is_over(self, now: float) -> bool:
        """Whether nothing was let through in the last SPEND_WINDOW."""
        self._forget(now)
        return not self._seconds

    def hear(self, count: int, now: float) -> None:
        """Count what another gateway has let through."""
        self._forget(now)
        self._at(now).others += count
        self.known += count

    def _at(self, now: float) -> _Second:
        if not self._seconds or self._seconds[-1].begun < int(now):
            self._seconds.append(_Second(int(now)))
        return self._seconds[-1]

    def _forget(self, now: float) -> None:
        while self._seconds and self._seconds[0].begun + 1 + SPEND_WINDOW <= now:
            gone = self._seconds.popleft()
            self.known -= gone.own + gone.others

    def _wait_for_room(self, most: int, now: float) -> float:
        left, wait = self.known, 0.0
        for second in self._seconds:
            if left <= most:
                break
            left -= second.own + second.others
            wait = second.begun + 1 + SPEND_WINDOW - now
        return wait

    def _wait_for_share(self, limit: int, gateways: int, now: float) -> float:
        """A gateway whose share is less than one still lets one through, lest nobody could have what is left."""
        if gateways == 1:
            return 0.0
        recent = [second for second in self._seconds if second.own and second.begun + 1 + SPEND_UNHEARD > now]
        own = sum(second.own for second in recent)
        if own and gateways * (own + 1) > limit - (self.known - own):
            return recent[0].begun + 1 + SPEND_UNHEARD - now
        return 0.0
