"""Reads inboxes for sockets; those of one user that ask for the same at once share the answer."""

from notifications.app.flight import Flights
from notifications.domain.inbox import InboxPage
from notifications.domain.limits import PAGE
from notifications.domain.notification import UserKey
from notifications.ports.store import InboxStore


class InboxReader:
    """Shared flights over `InboxStore.read`."""

    def __init__(self, store: InboxStore) -> None:
        self._store = store
        self._flights = Flights()

    async def read(self, owner: UserKey, after: int) -> InboxPage:
        """Return the next page after a number. Raises Unavailable."""
        return await self._flights.share((owner, after), lambda: self._store.read(owner, after, PAGE))
