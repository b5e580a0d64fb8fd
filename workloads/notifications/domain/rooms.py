"""Rooms as recipients: a request to a room reaches, in chunks, those who were its members when it was accepted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_ROOM_MEMBERS, MAX_ROOM_PARTS, MAX_ROOM_SUBJECT
from notifications.domain.subjects import token
from notifications.domain.submission import Placed, Submission
from notifications.domain.text import check_id


class RoomState(StrEnum):
    """How far a request to a room is. Truncated: the room had more members than one reaches; the rest got none."""

    ACCEPTED = "accepted"
    EXPANDED = "expanded"
    TRUNCATED = "truncated"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a room."""

    user: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """What became of a request to a room so far; `members` counts those that it has reached."""

    id: UUID
    room: str
    state: RoomState
    members: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some members' copies of a request to a room, committed, and how far the request is with them."""

    submission: Submission
    placed: tuple[Placed, ...]
    state: RoomState


def check_room(name: str, field: str) -> str:
    """Return the name of a room such as `group:7`. Raises Invalid or TooLarge for what could never be one.

    A room is a topic whose tokens are the parts of its name, so these must fit into a subject, and be no wildcard.
    """
    parts = check_id(name, field).split(":")
    if len(parts) > MAX_ROOM_PARTS or not all(parts) or {"*", ">"}.intersection(parts):
        raise Invalid(
            f"{field} must be 1 to {MAX_ROOM_PARTS} parts joined by ':', such as group:7; none is empty, '*' or '>'"
        )
    if len(".".join(map(token, parts))) > MAX_ROOM_SUBJECT:
        raise TooLarge(f"{field} is longer than {MAX_ROOM_SUBJECT} bytes; all but A-Z a-z 0-9 '_' '-' count 3 a byte")
    return name


def state_after(reached: int, *, more: bool) -> RoomState:
    """Return how far a request is that has reached so many members, and knows whether there are more."""
    if not more:
        return RoomState.EXPANDED
    return RoomState.ACCEPTED if reached < MAX_ROOM_MEMBERS else RoomState.TRUNCATED
