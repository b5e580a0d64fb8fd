"""How many connections clients of one address may open and hold at this gateway."""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from notifications.domain.errors import RateLimited
from notifications.domain.limits import MAX_ADDRESSES
from notifications.domain.rate import Bucket, Rate

_COME_AGAIN: Final = 5


@dataclass(frozen=True, slots=True)
class Visits:
    """What one address may do, None for no limit; a second's handshakes may come at once."""

    connections: int | None
    handshakes_per_second: int | None

    @property
    def any(self) -> bool:
        """Whether there is a limit."""
        return self.connections is not None or self.handshakes_per_second is not None


class Addresses:
    """Asked before each new connection, told of each that was opened or has ended. `monotonic` gives seconds."""

    def __init__(self, visits: Visits, monotonic: Callable[[], float]) -> None:
        self._most = visits.connections
        per_second = visits.handshakes_per_second
        self._rate = Rate(per_second, per_second) if per_second else None
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._held: Counter[str] = Counter()
        self._places: dict[str, str] = {}

    def admit(self, address: str) -> None:
        """Return if one more may come from there. Raises RateLimited."""
        if self._most is not None and self._held[address] >= self._most:
            raise RateLimited(f"more than {self._most} connections from one address", _COME_AGAIN)
        if self._rate is None:
            return
        wait = self._bucket(address, self._rate).take(1, self._rate, self._monotonic())
        if wait > 0:
            raise RateLimited("too many new connections from one address", math.ceil(wait))

    def enter(self, sid: str, address: str) -> None:
        """Count a connection."""
        self._places[sid] = address
        self._held[address] += 1

    def leave(self, sid: str) -> None:
        """Count it no more; harmless for one that never was."""
        if (address := self._places.pop(sid, None)) is None:
            return
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]

    def _bucket(self, address: str, rate: Rate) -> Bucket:
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(rate, self._monotonic())
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(address)
        return bucket
