"""Reads inboxes for sockets; those of one user that ask for the same at once share the answer."""

import asyncio

from notifications.domain.inbox import InboxPage
from notifications.domain.limits import PAGE
from notifications.domain.notification import UserKey
from notifications.ports.store import InboxStore


class InboxReader:
    """Single flight over `InboxStore.read`, open to those who ask before it departs.

    Who asks later may have missed a wake-up for a change that the read under way does not see.
    """

    def __init__(self, store: InboxStore) -> None:
        self._store = store
        self._boarding: dict[tuple[UserKey, int], asyncio.Task[InboxPage]] = {}

    async def read(self, owner: UserKey, after: int) -> InboxPage:
        """Return the next page after a number. Raises Unavailable."""
        flight = self._boarding.get((owner, after))
        if flight is None:
            flight = self._boarding[owner, after] = asyncio.create_task(self._depart(owner, after))
        return await asyncio.shield(flight)

    async def _depart(self, owner: UserKey, after: int) -> InboxPage:
        del self._boarding[owner, after]
        return await self._store.read(owner, after, PAGE)
