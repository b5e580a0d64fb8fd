"""Wishes in memory."""

from collections.abc import Sequence

from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.preferences import Entry, Preference, Wishes, choose

_Owner = UserKey | str  # a user, or a tenant


class MemoryPreferences:
    """The PreferenceStore."""

    def __init__(self) -> None:
        self._entries: dict[tuple[_Owner, str, Channel], Preference] = {}

    async def preferences(self, owner: UserKey) -> tuple[Entry, ...]:
        """Return a user's own entries."""
        return self._list(owner)

    async def prefer(self, owner: UserKey, entries: Sequence[Entry]) -> None:
        """Set these entries of a user."""
        self._set(owner, entries)

    async def defaults(self, tenant: str) -> tuple[Entry, ...]:
        """Return a tenant's entries."""
        return self._list(tenant)

    async def set_defaults(self, tenant: str, entries: Sequence[Entry]) -> None:
        """Set these entries of a tenant."""
        self._set(tenant, entries)

    def find(self, owner: UserKey, type_: str, channel: Channel) -> Wishes:
        """Return what concerns one copy."""
        return Wishes(self._choose(owner, type_, channel), self._choose(owner.tenant, type_, channel))

    def _choose(self, owner: _Owner, type_: str, channel: Channel) -> Preference | None:
        return choose({entry.type: entry.preference for entry in self._list(owner) if entry.channel == channel}, type_)

    def _list(self, owner: _Owner) -> tuple[Entry, ...]:
        found = [Entry(type_, channel, wish) for (who, type_, channel), wish in self._entries.items() if who == owner]
        return tuple(sorted(found, key=lambda entry: (entry.type, entry.channel)))

    def _set(self, owner: _Owner, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._entries[owner, entry.type, entry.channel] = entry.preference
