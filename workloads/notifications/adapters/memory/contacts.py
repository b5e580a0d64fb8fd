"""Contact cards in memory."""

from notifications.adapters.memory.devices import MemoryDevices
from notifications.domain.contact import Contact
from notifications.domain.notification import UserKey


class MemoryContacts:
    """The ContactStore beside a MemoryDevices."""

    def __init__(self, devices: MemoryDevices) -> None:
        self._devices = devices
        self._cards: dict[UserKey, Contact] = {}

    async def card(self, owner: UserKey) -> Contact | None:
        """Return a user's card."""
        return self._cards.get(owner)

    async def set_card(self, owner: UserKey, contact: Contact) -> None:
        """Put a card in the place of the one before."""
        self._cards[owner] = contact

    async def forget(self, owner: UserKey) -> None:
        """Delete a user's card and devices."""
        self._cards.pop(owner, None)
        self._devices.forget_owner(owner)
