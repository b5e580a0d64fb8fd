"""The count of what users may do only so often."""

from typing import Protocol

from notifications.domain.notification import UserKey
from notifications.domain.quota import Quota


class QuotaStore(Protocol):
    """Exact, however many ask at once, at whichever gateway. Raises Unavailable, CommitUnknown if it may have counted.

    What is counted is what was granted: to ask in vain does not make the wait longer.
    """

    async def spend(self, owner: UserKey, quota: Quota) -> float:
        """Count a deed and return 0, or count nothing and return the seconds until it would be granted."""
        ...

    async def forget(self) -> int:
        """Delete some of what counts no more and return how much there was."""
        ...
