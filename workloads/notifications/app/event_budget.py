"""How many events a user may send over sockets in a minute, at all gateways together."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifications.app.spenders import Spenders
from notifications.domain.errors import RateLimited, Unavailable
from notifications.domain.limits import SPEND_EVERY, SPENDS_AT_ONCE
from notifications.domain.notification import UserKey
from notifications.domain.spending import Spend
from notifications.ports.spend import SpendBus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Share:
    """How much a user may do in a minute, and at how many gateways; `monotonic` gives seconds.

    `settles_in` says in how many seconds it is known at how many, 0 if it is: until then there may be fewer.
    """

    limit: int
    gateways: Callable[[UserKey], int]
    monotonic: Callable[[], float]
    settles_in: Callable[[UserKey], float] = lambda _: 0.0


class EventBudget:
    """Counts at once what is let through here, and every SPEND_EVERY tells the other gateways of it.

    While the bus is away each gateway counts alone, and what could not be told is not told later.
    """

    def __init__(self, bus: SpendBus, share: Share) -> None:
        self._bus = bus
        self._share = share
        self._spenders = Spenders()
        self._untold: Counter[UserKey] = Counter()
        bus.listen(self._hear)

    def __len__(self) -> int:
        """Return how many users are known."""
        return len(self._spenders)

    async def spend(self, owner: UserKey) -> None:
        """Return when the user may send an event. Raises RateLimited.

        Who has just come and has had but the share of one among many is not refused: it waits until it is known how
        many they are.
        """
        wait, settles_in = self._take(owner), self._share.settles_in(owner)
        if wait > 0 and settles_in > 0 and self._spenders.find(owner).known < self._share.limit:
            await asyncio.sleep(settles_in)
            wait = self._take(owner)
        if wait > 0:
            seconds = math.ceil(wait)
            raise RateLimited(f"you send more than {self._share.limit} events a minute: wait {seconds} s", seconds)
        self._untold[owner] += 1

    async def run(self) -> None:
        """Tell the others, until cancelled."""
        while True:
            await asyncio.sleep(SPEND_EVERY)
            self._spenders.forget(self._share.monotonic())
            untold, self._untold = self._untold, Counter()
            spends = [Spend(owner, count) for owner, count in untold.items()]
            for begin in range(0, len(spends), SPENDS_AT_ONCE):
                self._tell(spends[begin : begin + SPENDS_AT_ONCE])
                await asyncio.sleep(0)

    def _take(self, owner: UserKey) -> float:
        share = self._share
        return self._spenders.find(owner).take(share.limit, share.gateways(owner), share.monotonic())

    def _tell(self, spends: Sequence[Spend]) -> None:
        try:
            self._bus.tell(spends)
        except Unavailable as error:
            _log.debug("spends were not told: %s", error)

    def _hear(self, spends: Sequence[Spend]) -> None:
        now = self._share.monotonic()
        for spend in spends:
            self._spenders.find(spend.owner).hear(spend.count, now)
