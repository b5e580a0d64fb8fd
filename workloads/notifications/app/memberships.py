"""Who is a member of what: asked in groups, and remembered for a moment."""

from collections.abc import Callable

from notifications.app.groups import Groups
from notifications.app.kept import Kept
from notifications.domain.limits import MAX_MEMBERSHIPS, MEMBERSHIP_KEPT, MEMBERSHIPS_AT_ONCE
from notifications.domain.rooms import Seat
from notifications.ports.rooms import RoomStore


class Memberships:
    """Remembers members for MEMBERSHIP_KEPT and nobody else, so that who is let in need not wait."""

    def __init__(self, rooms: RoomStore, monotonic: Callable[[], float]) -> None:
        self._members: Kept[Seat, bool] = Kept(MAX_MEMBERSHIPS, monotonic)
        self._groups = Groups(rooms.are_members, MEMBERSHIPS_AT_ONCE)

    async def has(self, seat: Seat) -> bool:
        """Say whether somebody is a member. Raises Unavailable when that cannot be read."""
        if self._members.get(seat):
            return True
        is_member = await self._groups.ask(seat)
        if is_member:
            self._members.put(seat, True, MEMBERSHIP_KEPT)
        return is_member

    def forget(self, seat: Seat) -> None:
        """Ask again."""
        self._members.forget(seat)
