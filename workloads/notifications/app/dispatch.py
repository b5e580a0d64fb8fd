"""Brings notifications to the sockets of their recipients, whichever gateways hold them."""

import asyncio
from collections.abc import Sequence

from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Job, Outcome
from notifications.ports.bus import InboxBus
from notifications.ports.store import OutboxStore


class WebsocketDispatcher:
    """Offers each event once. Nothing is lost when nobody takes it: the inbox is read at the next connect."""

    def __init__(self, outbox: OutboxStore, bus: InboxBus) -> None:
        self._outbox = outbox
        self._bus = bus

    async def dispatch(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Return one outcome a job, in the same order. Raises Unavailable when the database cannot be asked."""
        events = await self._outbox.events(jobs)
        return list(await asyncio.gather(*(self._offer(job, events.get(job)) for job in jobs)))

    async def _offer(self, job: Job, event: InboxEvent | None) -> Outcome:
        if event is None:
            return Outcome(job, "gone", "expired, or settled before")
        try:
            taken = await self._bus.offer(job.owner, event)
        except Unavailable as error:
            return Outcome(job, "offline", f"no gateway answered: {error}")
        return Outcome(job, "sent" if taken else "offline")
