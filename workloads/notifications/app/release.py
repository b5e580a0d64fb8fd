"""Releases what was held until its time. Every worker does; the store keeps them apart."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Job
from notifications.domain.limits import RELEASE_BATCH, RELEASE_EVERY
from notifications.ports.store import HeldStore

_log = logging.getLogger(__name__)


class Releaser:
    """Hands the jobs of what it released to `relay`, which must not block and may lose them: the sweep finds them."""

    def __init__(self, held: HeldStore, relay: Callable[[Sequence[Job]], None]) -> None:
        self._held = held
        self._relay = relay

    async def run(self) -> None:
        """Release until cancelled."""
        while True:
            try:
                await self.release()
            except Unavailable as error:
                _log.warning("release postponed", extra={"reason": str(error)})
            await asyncio.sleep(RELEASE_EVERY)

    async def release(self) -> None:
        """Release what is due until there is nothing."""
        while jobs := await self._held.release(RELEASE_BATCH):
            self._relay(jobs)
