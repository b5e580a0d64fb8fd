"""What is revoked, held in memory: asked for every request, brought up to date from the record."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from notifications.domain.errors import Revoked, Unavailable
from notifications.domain.limits import LIFTED_KEPT, REVOCATION_PACE, REVOCATION_PAGE, REVOCATION_POLL
from notifications.domain.principal import Principal
from notifications.domain.revocation import Revocation, Target, targets_of
from notifications.ports.clock import Clock
from notifications.ports.revocation import RevocationBus, RevocationStore

_Known = dict[Target, Revocation]
_log = logging.getLogger(__name__)


class Revocations:
    """Follows the record: a signal makes it look at once, and without signals it looks every REVOCATION_POLL.

    `on_change` is called after each look that found a change.
    """

    def __init__(self, store: RevocationStore, bus: RevocationBus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._known: _Known = {}
        self._version = 0
        self._looked_at = clock()
        self._looking = asyncio.Lock()
        self._signal = asyncio.Event()
        self.on_change: Callable[[], None] = lambda: None

    def check(self, principal: Principal) -> Principal:
        """Return who was verified, or raise Revoked."""
        for target in targets_of(principal):
            if (revocation := self._known.get(target)) and revocation.concerns(principal):
                raise Revoked
        return principal

    async def revoke(self, revocation: Revocation) -> Revocation:
        """Revoke and return what holds; this gateway knows it by then. Raises TooLarge, Unavailable, CommitUnknown."""
        holds = await self._store.revoke(revocation)
        await self._spread()
        return holds

    async def lift(self, tenant: str, id: UUID) -> None:
        """Take one back. Raises NotFound, Unavailable or CommitUnknown."""
        await self._store.lift(tenant, id)
        await self._spread()

    async def look(self) -> None:
        """Take over what has changed since the last look. Raises Unavailable."""
        async with self._looking:  # or an older look could undo what a newer one has learnt
            at, before = self._clock(), self._version
            if at - self._looked_at > timedelta(seconds=LIFTED_KEPT / 2):
                self._known, self._version = await self._read({}, 0)  # what was taken back may be forgotten by now
            else:
                self._known, self._version = await self._read(self._known, self._version)
            self._looked_at = at
        if self._version != before:
            self.on_change()

    async def run(self) -> None:
        """Follow the record until cancelled."""
        await self._bus.listen(self._signal.set)
        while True:
            self._signal.clear()
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("revocations not looked up", extra={"reason": str(error)})
            await asyncio.sleep(REVOCATION_PACE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._signal.wait(), REVOCATION_POLL - REVOCATION_PACE)

    async def _spread(self) -> None:
        await self._bus.announce()
        await self.look()

    async def _read(self, known: _Known, version: int) -> tuple[_Known, int]:
        """Bring what is known up to date, and return it with its version."""
        while rulings := await self._store.rulings(version, REVOCATION_PAGE):
            for ruling in rulings:
                if ruling.holds:
                    known[ruling.revocation.target] = ruling.revocation
                else:
                    known.pop(ruling.revocation.target, None)
            version = rulings[-1].version
        return known, version
