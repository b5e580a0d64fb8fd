"""Which gateways are alive, and where they are reached. Each says so every BEAT; silence for LEASE is death.

Who leaves says so every DRAIN_BEAT: how fast it moves its clients depends on how many others do.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import BEAT, DRAIN_BEAT, LEASE, MISSED_FOR
from notifications.ports.bus import Beacon, FleetBus


@dataclass(frozen=True, slots=True)
class _Lease:
    beacon: Beacon
    heard: float


class Fleet:
    """The table of leases of one gateway, itself left out. `monotonic` gives seconds."""

    def __init__(self, me: Beacon, bus: FleetBus, monotonic: Callable[[], float], tasks: Tasks) -> None:
        self._me = me
        self._bus = bus
        self._monotonic = monotonic
        self._tasks = tasks
        self._leases: dict[str, _Lease] = {}
        self._was_connected = True
        self._alone_from = math.inf
        self._echoed = self._hears_from = -math.inf

    async def run(self) -> None:
        """Listen and announce until cancelled."""
        await self._listen()
        while True:
            await self._bus.announce(self._me)
            self._review()
            await asyncio.sleep(DRAIN_BEAT if self.leaving else BEAT)

    @property
    def leaving(self) -> bool:
        """Whether this gateway takes no more clients."""
        return self._me.draining

    async def leave(self) -> None:
        """Announce that this gateway takes no more clients."""
        self._me = replace(self._me, draining=True)
        await self._bus.announce(self._me)

    def address_of(self, gateway: str) -> str | None:
        """Return where a live gateway is reached, as host:port."""
        lease = self._leases.get(gateway)
        return lease.beacon.address if lease and self._lives(lease) else None

    @property
    def is_alone(self) -> bool:
        """Say whether no other gateway is there, draining or not: nobody was ever heard, or whoever was said farewell.

        Silence is no farewell: who falls silent may be cut off, with sockets of its own. And as long as we do not hear
        ourselves, we hear nobody.
        """
        if self._leases or not (self._bus.connected and self._was_connected):
            return False
        return self._monotonic() >= self._alone_from and self._hears_itself()

    def count_movers(self) -> int | None:
        """Return how many gateways move their clients away, this one included.

        None while nobody can tell: only who has heard itself for a whole lease has heard all others in that time.
        """
        if not self._hears_itself() or self._monotonic() - self._hears_from < LEASE:
            return None
        return 1 + sum(self._lives(lease) and lease.beacon.draining for lease in self._leases.values())

    def alive(self) -> frozenset[str]:
        """Return the gateways that hold clients or may, by their names: this one and all that are not known as dead."""
        return frozenset((self._me.gateway, *(name for name, lease in self._leases.items() if self._lives(lease))))

    def others_accept(self) -> bool:
        """Say whether any other gateway would take our clients."""
        return self._accepting() > 0

    def __len__(self) -> int:
        """Return how many gateways take clients, this one included whether it still does or not."""
        return 1 + self._accepting()

    def _accepting(self) -> int:
        return sum(self._lives(lease) and not lease.beacon.draining for lease in self._leases.values())

    async def _listen(self) -> None:
        while True:
            try:
                await self._bus.listen(self._hear)
            except Unavailable:
                await asyncio.sleep(BEAT)
            else:
                self._alone_from = self._monotonic() + LEASE
                return

    def _hear(self, beacon: Beacon) -> None:
        if beacon.gateway == self._me.gateway:
            if not self._hears_itself():
                self._hears_from = self._monotonic()
                self._renew()
            self._echoed = self._monotonic()
            return
        if beacon.gateway not in self._leases:  # it may not know us either, and should not wait a beat for it
            self._tasks.start(self._bus.announce(self._me), "answer a beacon")
        self._leases[beacon.gateway] = _Lease(beacon, self._monotonic())

    def _review(self) -> None:
        """Forget the dead. After an outage of the bus, whoever is known has the time of a lease to be heard again."""
        now, connected = self._monotonic(), self._bus.connected
        if connected and not self._was_connected:
            self._renew()
            self._alone_from = max(self._alone_from, now + LEASE)
        if connected:
            silent = [lease for lease in self._leases.values() if not (self._lives(lease) or lease.beacon.draining)]
            self._alone_from = max(self._alone_from, now + MISSED_FOR) if silent else self._alone_from
            self._leases = {name: lease for name, lease in self._leases.items() if self._lives(lease)}
        self._was_connected = connected

    def _renew(self) -> None:
        self._leases = {name: _Lease(lease.beacon, self._monotonic()) for name, lease in self._leases.items()}

    def _hears_itself(self) -> bool:
        return self._monotonic() - self._echoed < 2 * BEAT

    def _lives(self, lease: _Lease) -> bool:
        """Without a bus nobody is heard, not even oneself, so nobody is held dead for it."""
        is_heard = self._bus.connected and self._hears_itself()
        return not is_heard or self._monotonic() - lease.heard < LEASE
