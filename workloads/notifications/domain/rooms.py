"""Rooms as recipients: a request to a room reaches, in chunks, those who were its members when it was accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from notifications.domain.errors import TooLarge
from notifications.domain.limits import DM_MEMBERS, GROUP_MEMBERS, MAX_ROOM_MEMBERS, POST_MEMBERS, USER_MEMBERS
from notifications.domain.submission import Placed, Submission
from notifications.domain.topics import room_topic

SIZES: Final[Mapping[str, int]] = {
    "user": USER_MEMBERS,
    "dm": DM_MEMBERS,
    "group": GROUP_MEMBERS,
    "post": POST_MEMBERS,
}
"""How many members a room may have, by its kind, which is the first part of its name. Others may have any number."""


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
class Seat:
    """A user's place in a room, taken or not."""

    tenant: str
    room: str
    user: str


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
    """Return the name of a room such as `group:7`, which is a topic. Raises Invalid or TooLarge for what is none."""
    room_topic("", name, field)
    return name


def size_of(room: str) -> int | None:
    """Return how many members a room may have, None for any number."""
    return SIZES.get(room.split(":", 1)[0])


def full(room: str, most: int) -> TooLarge:
    """Return the error that tells that nobody else can become a member."""
    return TooLarge(f"{room} is full: a room of its kind has at most {most} members, so remove one first")


def state_after(reached: int, *, more: bool) -> RoomState:
    """Return how far a request is that has reached so many members, and knows whether there are more."""
    if not more:
        return RoomState.EXPANDED
    return RoomState.ACCEPTED if reached < MAX_ROOM_MEMBERS else RoomState.TRUNCATED
