"""Offers what was just accepted to the sockets of its recipients, without the queue. docs/adr/0008 says why.

It may drop anything at any time, as the relay may: what is not settled a second later the sweep hands to a worker, and
what comes to a socket twice is shown once.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from notifications.app.dispatch import judge
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent, created
from notifications.domain.jobs import Job, Outcome
from notifications.domain.limits import EVENTS_AT_ONCE, MAX_OFFERS, OFFERS_AT_ONCE, SETTLE_AFTER
from notifications.domain.notification import Notification, Priority, UserKey
from notifications.domain.submission import Committed, jobs_due, jobs_elsewhere, shown
from notifications.ports.bus import InboxBus
from notifications.ports.clock import Clock
from notifications.ports.store import OutboxStore

Shown = tuple[Job, Notification]


class Near(Protocol):
    """The sockets of this gateway."""

    def holds(self, owner: UserKey) -> bool:
        """Return whether an owner has a socket here."""
        ...

    def offer(self, owner: UserKey, event: InboxEvent) -> None:
        """Hand an event of an owner to its sockets here."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an offer reaches: over `bus` all sockets that there are; while `is_alone`, those `near` are all."""

    bus: InboxBus
    near: Near
    is_alone: Callable[[], bool]


class DirectOffers:
    """Offers events from where they were accepted. `relay` gets the jobs of all else, and must not block.

    To the queues go other channels, what has low priority, since it may wait, and what is too much at once.
    """

    def __init__(
        self, reach: Reach, outbox: OutboxStore, relay: Callable[[Sequence[Job]], None], clock: Clock, tasks: Tasks
    ) -> None:
        self._reach = reach
        self._outbox = outbox
        self._relay = relay
        self._clock = clock
        self._tasks = tasks
        self._under_way = 0
        self._offered: list[Outcome] = []

    def start(self, committed: Sequence[Committed]) -> None:
        """Offer in the background."""
        offers: list[Shown] = []
        jobs: list[Job] = []
        for each in committed:
            if self._takes(each, len(offers)):
                offers += shown(each)
                jobs += jobs_elsewhere(each.submission, each.placed)
            else:
                jobs += jobs_due(each.submission, each.placed)
        self._relay(jobs)
        if offers:
            self._under_way += len(offers)
            self._tasks.start(self._offer_all(offers), "direct offers")

    def _takes(self, each: Committed, more: int) -> bool:
        may_wait = each.submission.message.priority is Priority.LOW
        return not may_wait and self._under_way + more + len(each.placed) <= MAX_OFFERS

    async def _offer_all(self, offers: Sequence[Shown]) -> None:
        offered = 0
        try:
            for start in range(0, len(offers), OFFERS_AT_ONCE):
                if group := self._skip_expired(offers[start : start + OFFERS_AT_ONCE]):
                    await self._offer(group)
                    offered += len(group)
                    await asyncio.sleep(0)  # who is alone waits for nobody, and others want to be served, too
        except Unavailable:
            pass  # the sweep finds them
        finally:
            self._under_way -= len(offers) - offered

    def _skip_expired(self, group: Sequence[Shown]) -> Sequence[Shown]:
        """Leave to the sweep what has expired while its commit was waited for: a worker says so in the log."""
        now = self._clock()
        return [each for each in group if (until := each[1].message.expires_at) is None or until > now]

    async def _offer(self, group: Sequence[Shown]) -> None:
        reach = self._reach
        taken = _offer_near(reach.near, group) if reach.is_alone() else await _offer_over(reach.bus, group)
        if not self._offered:
            self._tasks.start(self._settle(), "outcomes of direct offers")
        self._offered += [judge(job, took) for (job, _), took in zip(group, taken, strict=True)]

    async def _settle(self) -> None:
        """Write down what became of them: many at a time, for nobody waits for it."""
        await asyncio.sleep(SETTLE_AFTER)
        offered, self._offered = self._offered, []
        try:
            for start in range(0, len(offered), EVENTS_AT_ONCE):
                with suppress(Unavailable):  # as above
                    await self._outbox.settle(offered[start : start + EVENTS_AT_ONCE])
        finally:
            self._under_way -= len(offered)


async def _offer_over(bus: InboxBus, group: Sequence[Shown]) -> Sequence[bool | None]:
    return await bus.offer_each([(job.owner, _event(job, notification)) for job, notification in group])


def _offer_near(near: Near, group: Sequence[Shown]) -> Sequence[bool]:
    """Most recipients have no socket, and for them not even an event is made."""
    held = [near.holds(job.owner) for job, _ in group]
    for (job, notification), is_held in zip(group, held, strict=True):
        if is_held:
            near.offer(job.owner, _event(job, notification))
    return held


def _event(job: Job, notification: Notification) -> InboxEvent:
    return created(notification, notification.seq - 1, job.trace)
