"""Where users are reached who are not connected. Errors are those of `ports.store`."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from notifications.domain.contact import Contact
from notifications.domain.notification import UserKey
from notifications.domain.push import Device


class ContactStore(Protocol):
    """A card for each user that producers told something of."""

    async def card(self, owner: UserKey) -> Contact | None:
        """Return a user's card, None if there is none."""
        ...

    async def set_card(self, owner: UserKey, contact: Contact) -> None:
        """Put a card in the place of the one before."""
        ...

    async def forget(self, owner: UserKey) -> None:
        """Delete a user's card and devices, in one transaction. Harmless to repeat."""
        ...


class DeviceStore(Protocol):
    """Devices that push services can wake, at most MAX_DEVICES a user."""

    async def register(self, device: Device) -> Device:
        """Keep a device as just seen and return it: under the id that it has, if its owner registered it before.

        Within a tenant it leaves whoever had it until now. Of too many, those that were not seen for longest go.
        """
        ...

    async def devices(self, owner: UserKey) -> tuple[Device, ...]:
        """Return a user's devices, the last seen first."""
        ...

    async def remove(self, owner: UserKey, id: UUID) -> None:
        """Delete one of a user's devices. Raises NotFound."""
        ...

    async def forget(self, ids: Sequence[UUID]) -> None:
        """Delete devices whose tokens are dead. Harmless to repeat: a fresh token, or another owner, is another id."""
        ...
