"""How much users may ask for by `subscriptions:sync`, which is not counted among their events."""

import math
from collections.abc import Callable

from notifications.app.spenders import Spenders
from notifications.domain.errors import RateLimited
from notifications.domain.limits import MAX_FOLLOWED, SYNCS_OF_ALL
from notifications.domain.notification import UserKey


class SyncBudget:
    """Lets all connections of a user come back with all that they follow SYNCS_OF_ALL times in a minute, here.

    `monotonic` gives seconds.
    """

    def __init__(self, connections: int, monotonic: Callable[[], float]) -> None:
        self._limit = SYNCS_OF_ALL * connections * MAX_FOLLOWED
        self._monotonic = monotonic
        self._spenders = Spenders()

    def spend(self, owner: UserKey, topics: int) -> None:
        """Return if a user may follow so many topics anew, of which 0 count as one. Raises RateLimited."""
        now = self._monotonic()
        self._spenders.forget(now)
        wait = self._spenders.find(owner).take(self._limit, 1, now, max(topics, 1))
        if wait > 0:
            seconds = math.ceil(wait)
            raise RateLimited(f"you follow more than {self._limit} topics anew a minute: wait {seconds} s", seconds)
