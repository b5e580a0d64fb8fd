"""Rooms in memory, and the requests to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from notifications.adapters.memory.rows import Expansion
from notifications.adapters.memory.store import MemoryStore
from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.limits import CHUNK_PAUSE, EXPAND_AFTER_FAILURE, MAX_MUTES, MAX_ROOM_MEMBERS
from notifications.domain.notification import UserKey
from notifications.domain.rooms import Chunk, Member, RoomRequest, RoomState, Seat, full, size_of, state_after
from notifications.domain.submission import Accepted, Conflict, Copy, Placed, Submission
from notifications.ports.clock import Clock, MakeId


class MemoryRooms:
    """The RoomStore beside a MemoryStore."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._rooms = store.rooms
        self._clock = clock

    async def join(self, tenant: str, room: str, user: str) -> None:
        """Make somebody a member from now on."""
        members = self._rooms.members.setdefault((tenant, room), {})
        most = size_of(room)
        if most is not None and user not in members and len(members) >= most:
            raise full(room, most)
        members.setdefault(user, self._clock())

    async def leave(self, tenant: str, room: str, user: str) -> None:
        """End a membership."""
        self._rooms.members.get((tenant, room), {}).pop(user, None)

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        """Return for each seat whether it is taken."""
        return [seat.user in self._rooms.members.get((seat.tenant, seat.room), {}) for seat in seats]

    async def members(self, tenant: str, room: str, after: str, limit: int) -> tuple[Member, ...]:
        """Return members whose ids come after `after`."""
        members = sorted(self._rooms.members.get((tenant, room), {}).items())
        return tuple(Member(user, at) for user, at in members if user > after)[:limit]

    async def mute(self, owner: UserKey, room: str) -> None:
        """Keep what comes through a room from a user."""
        own = {muted for who, muted in self._rooms.mutes if who == owner}
        if len(own) >= MAX_MUTES and room not in own:
            raise TooLarge(f"{MAX_MUTES} rooms are muted already: unmute one first")
        self._rooms.mutes.add((owner, room))

    async def unmute(self, owner: UserKey, room: str) -> None:
        """Let it through again."""
        self._rooms.mutes.discard((owner, room))


class MemoryRoomRequests:
    """The RoomRequestStore beside a MemoryStore."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store = store
        self._requests = store.rooms.requests
        self._clock = clock

    async def accept(self, submission: Submission) -> Accepted | Conflict:
        """Commit one."""
        (answer,) = await self._store.accept([submission])
        if isinstance(answer, Accepted) and not answer.replayed:
            now = self._clock()
            bare = replace(submission, key=None, fingerprint=b"")
            self._requests.setdefault(submission.id, Expansion(bare, now, now))
        return answer

    async def find(self, tenant: str, room: str, id: UUID) -> RoomRequest:
        """Return how far one is."""
        request = self._requests.get(id)
        if request is None or (request.submission.tenant, request.submission.room) != (tenant, room):
            raise NotFound("there is no such request to this room")
        return RoomRequest(id, room, request.state, request.members)

    async def due(self, limit: int) -> list[UUID]:
        """Return those that have members to come."""
        due = [id for id, request in self._requests.items() if self._is_due(request)]
        return sorted(due, key=lambda id: self._requests[id].next_at)[:limit]

    async def expand(self, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        """Give the next members their copies, and record it."""
        request = self._requests.get(id)
        if request is None or not self._is_due(request):
            return None
        users = self._next_members(request)
        most = min(limit, MAX_ROOM_MEMBERS - request.members)
        at = request.submission.created_at
        copies = tuple(Copy(make_id(at), user) for user in users[:most])
        chunk = replace(request.submission, copies=copies, expanded_at=self._clock())
        placed = await self._place(chunk)
        request.members += len(copies)
        request.last_member = copies[-1].user if copies else request.last_member
        request.state = state_after(request.members, more=len(users) > most)
        request.next_at = self._clock() + timedelta(seconds=CHUNK_PAUSE)
        return Chunk(chunk, placed, request.state)

    async def postpone(self, id: UUID) -> None:
        """Let one rest for EXPAND_AFTER_FAILURE."""
        self._requests[id].next_at = self._clock() + timedelta(seconds=EXPAND_AFTER_FAILURE)

    def _is_due(self, request: Expansion) -> bool:
        return request.state is RoomState.ACCEPTED and request.next_at <= self._clock()

    def _next_members(self, request: Expansion) -> list[str]:
        submission = request.submission
        members = self._store.rooms.members.get((submission.tenant, submission.room or ""), {})
        present = (user for user, joined_at in members.items() if joined_at <= request.accepted_at)
        return sorted(user for user in present if user > request.last_member)

    async def _place(self, chunk: Submission) -> tuple[Placed, ...]:
        """Have the copies accepted, and remember them with those of earlier chunks, so that all can be taken back."""
        before = self._store.requests[chunk.id].copies
        (answer,) = await self._store.accept([chunk])
        self._store.requests[chunk.id] = replace(chunk, copies=before + chunk.copies)
        return () if isinstance(answer, Conflict) else answer.placed
