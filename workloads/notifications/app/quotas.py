"""How often users may do what is counted exactly."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from notifications.domain.errors import RateLimited
from notifications.domain.notification import UserKey
from notifications.domain.quota import Deed, Quota
from notifications.ports.quota import QuotaStore


@dataclass(frozen=True, slots=True)
class Quotas:
    """`most` says of each deed how often a minute."""

    store: QuotaStore
    most: Mapping[Deed, int]

    async def spend(self, owner: UserKey, deed: Deed) -> None:
        """Return if the user may do it now. Raises RateLimited or Unavailable."""
        quota = Quota(deed, self.most[deed])
        wait = await self.store.spend(owner, quota)
        if wait > 0:
            raise RateLimited(f"{deed} is limited to {quota.most} a minute: wait {wait:.0f} s", math.ceil(wait))
