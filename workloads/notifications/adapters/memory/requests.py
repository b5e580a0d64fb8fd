"""Requests in memory: what became of them, and taking them back."""

from uuid import UUID

from notifications.adapters.memory.store import MemoryStore
from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Outcome, Status
from notifications.domain.notification import UserKey
from notifications.domain.rooms import RoomState
from notifications.domain.submission import Delivery, job_of
from notifications.ports.clock import Clock


class MemoryRequests:
    """The RequestStore beside a MemoryStore."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def cancel(self, tenant: str, id: UUID) -> dict[UserKey, Change]:
        """Take back what a request brought, and log one change in each inbox that had been shown some of it."""
        submission = self._store.requests.get(id)
        if submission is None or submission.tenant != tenant:
            raise NotFound("there is no such request")
        if id in self._store.rooms.requests:
            self._store.rooms.requests[id].state = RoomState.CANCELLED
        for held in [held for held in self._store.held_copies if held.submission.id == id]:
            self._store.held_copies.remove(held)
            job = job_of(submission, held.copy, Channel.WEBSOCKET)
            self._store.outbox.log(Outcome(job, Status.CANCELLED, attempted=False))
        ids: dict[UserKey, list[UUID]] = {}
        for copy in submission.copies:
            if copy.id in self._store.notifications and copy.id not in self._store.cancelled:
                ids.setdefault(UserKey(tenant, copy.user), []).append(copy.id)
        self._store.cancelled.update(copy.id for copy in submission.copies)
        return {owner: self._store.log_change(owner, "cancelled", tuple(sorted(own))) for owner, own in ids.items()}

    async def deliveries(self, tenant: str, user: str | None, id: UUID) -> tuple[Delivery, ...]:
        """Return what became of a notification on each channel."""
        copies = [
            copy
            for submission in self._store.requests.values()
            for copy in submission.copies
            if copy.id == id and submission.tenant == tenant and user in (None, copy.user)
        ]
        if not copies:
            raise NotFound("there is no such notification")
        found = [logged for (notification, _), logged in self._store.outbox.deliveries.items() if notification == id]
        return tuple(
            Delivery(one.channel, one.state, one.reason, one.attempts, one.at)
            for one in sorted(found, key=lambda logged: logged.channel)
        )
