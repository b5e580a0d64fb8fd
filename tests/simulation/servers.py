"""What outlives every process: the database, NATS, and the time of day."""

import asyncio
import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.adapters.memory.contacts import MemoryContacts
from notifications.adapters.memory.dead_letters import MemoryDeadLetters
from notifications.adapters.memory.queue import MemoryQueue
from notifications.adapters.memory.requests import MemoryRequests
from notifications.adapters.memory.store import MemoryStore
from notifications.domain.jobs import Lane
from notifications.ports.store import Publish
from tests.simulation.loop import VirtualLoop
from tests.simulation.remote_bus import Echo
from tests.simulation.wire import Server

DAWN = datetime(2026, 1, 31, 23, 59, 40, tzinfo=UTC)
"""When every run begins: a day and a month end soon after."""
EVENING = timedelta(days=1, seconds=18)
"""From then until shortly before the end of the next day."""


class Servers:
    """The servers of one run."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.database = Server("the database")
        self.nats = Server("NATS")
        self.provider = Server("the provider")
        self.dead_tokens: set[str] = set()
        self.store = MemoryStore(self.now)
        self.queue = MemoryQueue()
        self.inbox_bus = MemoryInboxBus()
        self.echo = Echo()
        self.fleet_bus = MemoryFleetBus()
        self.contacts = MemoryContacts(self.store.devices)
        self._leap = timedelta(0)
        self._sweeps = 0

    def now(self, skew: float = 0.0) -> datetime:
        """Return the time of day, as a clock shows it that is `skew` seconds fast."""
        return DAWN + self._leap + timedelta(seconds=self.loop.time() + skew)

    def seconds(self, at: datetime) -> float:
        """Return when it was that time, in virtual seconds."""
        since = at - DAWN
        return (since - self._leap if since >= EVENING else since).total_seconds()

    def sleep_until_evening(self) -> None:
        """Let all clocks jump to shortly before the end of the next day, when further digests are due."""
        self._leap = EVENING - timedelta(seconds=self.loop.time())

    @property
    def letters(self) -> MemoryDeadLetters:
        """Return the dead letters of the database."""
        return MemoryDeadLetters(self.store, self.now)

    @property
    def requests(self) -> MemoryRequests:
        """Return the requests of the database."""
        return MemoryRequests(self.store, self.now)

    async def sweep(self, publish: Publish, ages: Mapping[Lane, float], limit: int) -> int:
        """Sweep the outbox; a backup taken meanwhile would hold its locks for ever."""
        self._sweeps += 1
        try:
            return await self.store.outbox.sweep(publish, ages, limit)
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
