"""Whether producers may send now: not too often for their tenant, and not while the queues are full."""

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from notifications.domain.errors import Backlogged, RateLimited, Unavailable
from notifications.domain.limits import DEPTH_CHECK, MAX_LIMITED_TENANTS, MAX_QUEUED_JOBS
from notifications.domain.rate import Bucket, Rate

_log = logging.getLogger(__name__)


class Queues(Protocol):
    """All queues together."""

    async def depth(self, most: int) -> int:
        """Return how many jobs wait, up to `most`."""
        ...


class Depth:
    """How many jobs wait, as of the last look at the queues; at most one more than MAX_QUEUED_JOBS."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self.jobs = 0

    @property
    def ratio(self) -> float:
        """Return the depth as a share of what is accepted."""
        return self.jobs / MAX_QUEUED_JOBS

    async def run(self) -> None:
        """Look every DEPTH_CHECK until cancelled. While the database cannot be asked, nothing is accepted anyway."""
        while True:
            try:
                self._take(await self._queues.depth(MAX_QUEUED_JOBS + 1))
            except Unavailable as error:
                _log.warning("queues not looked at", extra={"reason": str(error)})
            await asyncio.sleep(DEPTH_CHECK)

    def check(self) -> None:
        """Raise Backlogged while more jobs wait than are accepted."""
        if self.jobs > MAX_QUEUED_JOBS:
            raise Backlogged(f"more than {MAX_QUEUED_JOBS:,} jobs wait to be delivered: nothing is accepted until then")

    def _take(self, jobs: int) -> None:
        was_full, self.jobs = self.jobs > MAX_QUEUED_JOBS, jobs
        if was_full != (jobs > MAX_QUEUED_JOBS):
            _log.warning("the queues have room again" if was_full else "the queues are full", extra={"jobs": jobs})


class Admission:
    """Asked before each request that sends something.

    The rate is that of a tenant at all gateways together: each grants its share. `monotonic` gives seconds.
    """

    def __init__(
        self, depth: Depth, rate: Rate | None, gateways: Callable[[], int], monotonic: Callable[[], float]
    ) -> None:
        self._depth = depth
        self._rate = rate
        self._gateways = gateways
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def admit(self, tenant: str, notifications: int = 1) -> None:
        """Return if so many may be sent now. Raises RateLimited or Backlogged."""
        self._depth.check()
        if self._rate is None:
            return
        share, now = self._rate.share(self._gateways()), self._monotonic()
        wait = self._bucket(tenant, share, now).take(notifications, share, now)
        if wait > 0:
            raise RateLimited("the tenant sends too much: wait as long as Retry-After says", math.ceil(wait))

    def _bucket(self, tenant: str, share: Rate, now: float) -> Bucket:
        bucket = self._buckets.get(tenant)
        if bucket is None:
            bucket = self._buckets[tenant] = Bucket(share, now)
        self._buckets.move_to_end(tenant)
        if len(self._buckets) > MAX_LIMITED_TENANTS:
            self._buckets.popitem(last=False)
        return bucket
