"""Rooms in the record of truth: who is in them, who does not want to hear of them, and what was said to them.

The errors are those of `ports.store`.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from notifications.domain.notification import UserKey
from notifications.domain.rooms import Chunk, Member, RoomRequest, Seat
from notifications.domain.submission import Accepted, Conflict, Submission
from notifications.ports.clock import MakeId


class RoomStore(Protocol):
    """Members and mutes. Whatever is there already, or gone already, is left as it is."""

    async def join(self, tenant: str, room: str, user: str) -> None:
        """Make somebody a member from now on. Raises TooLarge if the room is as large as its kind may be."""
        ...

    async def leave(self, tenant: str, room: str, user: str) -> None:
        """End a membership."""
        ...

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        """Return for each seat whether it is taken."""
        ...

    async def members(self, tenant: str, room: str, after: str, limit: int) -> tuple[Member, ...]:
        """Return at most `limit` members whose ids come after `after`, sorted by id."""
        ...

    async def mute(self, owner: UserKey, room: str) -> None:
        """Keep what comes through a room from a user. Raises TooLarge for one who has muted MAX_MUTES rooms."""
        ...

    async def unmute(self, owner: UserKey, room: str) -> None:
        """Let it through again."""
        ...


class RoomRequestStore(Protocol):
    """Submissions to rooms, which have a room and no copies until they are expanded."""

    async def accept(self, submission: Submission) -> Accepted | Conflict:
        """Commit one. Its key is treated as by SubmissionStore, which knows the same keys."""
        ...

    async def find(self, tenant: str, room: str, id: UUID) -> RoomRequest:
        """Return how far one is. Raises NotFound."""
        ...

    async def due(self, limit: int) -> list[UUID]:
        """Return at most `limit` that have members to come and rested for CHUNK_PAUSE, who waited longest first."""
        ...

    async def expand(self, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        """Give the next `limit` members their copies, as SubmissionStore would, and record it in the same transaction.

        Members come sorted by id, MAX_ROOM_MEMBERS in all; who joined after the request was accepted is left out. None
        if it is not due, or somebody else is at it.
        """
        ...

    async def postpone(self, id: UUID) -> None:
        """Let one that failed rest for EXPAND_AFTER_FAILURE."""
        ...
