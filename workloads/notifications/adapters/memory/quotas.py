"""Quotas in memory."""

from collections import defaultdict
from datetime import datetime, timedelta

from notifications.domain.limits import QUOTA_WINDOW
from notifications.domain.notification import UserKey
from notifications.domain.quota import Deed, Quota
from notifications.ports.clock import Clock

_WINDOW = timedelta(seconds=QUOTA_WINDOW)


class MemoryQuotas:
    """The QuotaStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: defaultdict[tuple[UserKey, Deed], list[datetime]] = defaultdict(list)

    async def spend(self, owner: UserKey, quota: Quota) -> float:
        """Count a deed, or return the seconds until it would be granted."""
        spent, now = self._spent[owner, quota.deed], self._clock()
        if len(spent) >= quota.most and spent[-quota.most] > now - _WINDOW:
            return (spent[-quota.most] + _WINDOW - now).total_seconds()
        spent.append(now)
        return 0.0

    async def forget(self) -> int:
        """Delete what counts no more."""
        old = [key for key, spent in self._spent.items() if spent[-1] < self._clock() - _WINDOW]
        for key in old:
            del self._spent[key]
        return len(old)
