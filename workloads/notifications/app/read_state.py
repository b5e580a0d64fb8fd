"""Marks notifications as read or archived, takes requests back, and tells every device of the owners."""

from collections.abc import Callable, Sequence
from uuid import UUID

from notifications.domain.inbox import Change, InboxEvent, changed
from notifications.domain.notification import UserKey
from notifications.ports.bus import InboxBus
from notifications.ports.store import InboxStore, RequestStore
from notifications.ports.telemetry import Telemetry


class ReadState:
    """Read state is a change of the inbox like any other: committed first, then shown to all devices in order."""

    def __init__(
        self, inbox: InboxStore, bus: InboxBus, show: Callable[[UserKey, InboxEvent], None], telemetry: Telemetry
    ) -> None:
        self._inbox = inbox
        self._bus = bus
        self._show = show
        self._telemetry = telemetry

    async def mark(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Mark some as read; None if they were already. Raises NotFound, Unavailable or CommitUnknown."""
        return await self._tell(owner, await self._inbox.mark_read(owner, ids))

    async def archive(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Archive some; None if they were already. Raises NotFound, Unavailable or CommitUnknown."""
        return await self._tell(owner, await self._inbox.archive(owner, ids))

    async def cancel(self, requests: RequestStore, tenant: str, id: UUID) -> int:
        """Take back what a request brought; return how many inboxes had been shown some of it.

        Raises NotFound, Unavailable or CommitUnknown.
        """
        changes = await requests.cancel(tenant, id)
        for owner, change in changes.items():
            await self._tell(owner, change)
        return len(changes)

    async def mark_all(self, owner: UserKey) -> Change | None:
        """Mark all as read; None if nothing was unread. Raises Unavailable or CommitUnknown."""
        return await self._tell(owner, await self._inbox.mark_all_read(owner))

    async def _tell(self, owner: UserKey, change: Change | None) -> Change | None:
        if change is not None:
            self._telemetry.read(change)
            event = changed(change, change.seq - 1)
            # Here first, for this gateway needs no bus; when the bus brings it as well, it is old and dropped
            self._show(owner, event)
            await self._bus.tell(owner, event)
        return change
