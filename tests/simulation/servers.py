"""What outlives every process: the database, NATS, and the time of day."""

import asyncio
import copy
from datetime import UTC, datetime, timedelta

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.memory.store import MemoryStore
from notifications.ports.store import Publish
from tests.simulation.loop import VirtualLoop
from tests.simulation.remote_bus import Echo
from tests.simulation.wire import Server

DAWN = datetime(2026, 1, 31, 23, 59, 40, tzinfo=UTC)
"""When every run begins: a month ends soon after."""


class Servers:
    """The servers of one run."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.database = Server("the database")
        self.nats = Server("NATS")
        self.store = MemoryStore(self.now)
        self.queue = MemoryQueue()
        self.inbox_bus = MemoryInboxBus()
        self.echo = Echo()
        self.fleet_bus = MemoryFleetBus()
        self._sweeps = 0

    def now(self, skew: float = 0.0) -> datetime:
        """Return the time of day, as a clock shows it that is `skew` seconds fast."""
        return DAWN + timedelta(seconds=self.loop.time() + skew)

    async def sweep(self, publish: Publish, limit: int) -> int:
        """Sweep the outbox; a backup taken meanwhile would hold its locks for ever."""
        self._sweeps += 1
        try:
            return await self.store.outbox.sweep(publish, limit)
        finally:
            self._sweeps -= 1

    async def back_up(self) -> MemoryStore:
        """Return the database as it is now."""
        while self._sweeps:
            await asyncio.sleep(0.01)
        return copy.deepcopy(self.store, {id(self): self})

    def restore(self, backup: MemoryStore) -> None:
        """Go back to a backup. The numbers of every inbox begin a new life, as after `setup --new-inbox-epoch`."""
        backup.epoch = self.store.epoch + 1
        self.store = backup
