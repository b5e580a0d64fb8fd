"""Remembers which notifications reached a device, and writes it down once a second."""

import asyncio
from uuid import UUID

from notifications.domain.errors import Unavailable
from notifications.domain.ids import time_of
from notifications.domain.inbox import InboxEvent
from notifications.domain.limits import DELIVERED_FLUSH
from notifications.ports.clock import Clock
from notifications.ports.store import InboxStore
from notifications.ports.telemetry import Telemetry

_MOST = 100_000
_BATCH = 1_000


class DeliveryMarks:
    """Batches `delivered_at`. A crash loses the marks of the last second: they are a report, not a promise."""

    def __init__(self, inbox: InboxStore, clock: Clock, telemetry: Telemetry) -> None:
        self._inbox = inbox
        self._clock = clock
        self._telemetry = telemetry
        self._waiting: dict[UUID, None] = {}

    def sent(self, event: InboxEvent, repaired: bool) -> None:
        """Take note of an event that was queued for a socket."""
        if repaired:
            self._telemetry.repaired(1)

    def delivered(self, id: UUID, repaired: bool) -> None:
        """Take note of a notification that reached a device."""
        if id not in self._waiting and len(self._waiting) < _MOST:
            self._waiting[id] = None
            latency = (self._clock() - time_of(id)).total_seconds()
            # What a device fetches when it comes back says when it was away, not how quick we are
            self._telemetry.delivered("websocket", id, None if repaired else latency)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(DELIVERED_FLUSH)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        while self._waiting:
            batch = list(self._waiting)[:_BATCH]
            try:
                await self._inbox.mark_delivered(batch)
            except Unavailable:
                return
            for id in batch:
                self._waiting.pop(id, None)
