"""Reads inboxes for sockets; those of one user that ask for the same at once share the answer."""

import asyncio

from notifications.domain.inbox import InboxPage
from notifications.domain.limits import PAGE
from notifications.domain.notification import UserKey
from notifications.ports.store import InboxStore


class InboxReader:
    """Single flight over `InboxStore.read`."""

    def __init__(self, store: InboxStore) -> None:
        self._store = store
        self._flights: dict[tuple[UserKey, int], asyncio.Task[InboxPage]] = {}

    async def read(self, owner: UserKey, after: int) -> InboxPage:
        """Return the next page after a number. Raises Unavailable."""
        key = (owner, after)
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._store.read(owner, after, PAGE))
            flight.add_done_callback(lambda _: self._flights.pop(key))
        return await asyncio.shield(flight)
