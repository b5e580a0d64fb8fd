"""Brings notifications to the sockets of their recipients, whichever gateways hold them."""

from collections.abc import Sequence

from notifications.app.groups import Groups
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Channel, Job, Outcome, Status, find_poison
from notifications.domain.limits import EVENTS_AT_ONCE, SETTLE_AFTER
from notifications.ports.bus import InboxBus
from notifications.ports.queue import Delivery
from notifications.ports.store import OutboxStore


class WebsocketDispatcher:
    """Offers each event once. Nothing is lost when nobody takes it: the inbox is read at the next connect."""

    def __init__(self, outbox: OutboxStore, bus: InboxBus) -> None:
        self._outbox = outbox
        self._bus = bus
        self._events = Groups(self._read, EVENTS_AT_ONCE)

    async def serve(self, delivery: Delivery) -> Outcome:
        """Return what became of a job. Raises Unavailable when the database cannot be asked."""
        job = delivery.job
        if poison := find_poison(job, delivery.deliveries):
            return poison
        event = await self._events.ask(job)
        if event is None:
            return Outcome(job, Status.GONE, "expired, or settled before", attempted=False)
        try:
            return judge(job, await self._bus.offer(job.owner, event))
        except Unavailable:  # its text names the subject, and with it the recipient
            return judge(job, None)

    async def _read(self, jobs: Sequence[Job]) -> Sequence[InboxEvent | None]:
        events = await self._outbox.events(jobs)
        return [events.get(job) for job in jobs]


def judge(job: Job, taken: bool | None) -> Outcome:
    """Return the outcome of an offer: whether a gateway took it, None when none that was asked answered."""
    if taken is None:
        return Outcome(job, Status.OFFLINE, "no gateway answered")
    return Outcome(job, Status.SENT if taken else Status.OFFLINE)


class Ledger:
    """Writes outcomes down, those of one moment together.

    A mail that was sent must not stay unwritten; what a socket is shown twice its client knows already.
    """

    def __init__(self, outbox: OutboxStore) -> None:
        self._outbox = outbox
        self._sent = Groups(self._settle, EVENTS_AT_ONCE)
        self._shown = Groups(self._settle, EVENTS_AT_ONCE, SETTLE_AFTER)

    async def settle(self, outcome: Outcome) -> None:
        """Return when an outcome is committed. Raises Unavailable."""
        outcomes = self._shown if outcome.job.channel is Channel.WEBSOCKET else self._sent
        await outcomes.ask(outcome)

    async def _settle(self, outcomes: Sequence[Outcome]) -> Sequence[None]:
        await self._outbox.settle(outcomes)
        return [None] * len(outcomes)
