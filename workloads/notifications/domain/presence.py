"""Who is there. Members of a dm or a group see each other: a socket counts from the first such room that it joins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from notifications.domain.notification import UserKey
from notifications.domain.topics import Topic

KINDS: Final = frozenset({"dm", "group"})
"""The families of rooms whose members see each other."""


class Status(StrEnum):
    """What a socket says of its user; OFFLINE hides who is connected."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"

    @property
    def strength(self) -> int:
        """Which one counts of several sockets: the strongest."""
        return _STRENGTH[self]


_STRENGTH: Final = {Status.OFFLINE: 0, Status.AWAY: 1, Status.ONLINE: 2}


class Place(NamedTuple):
    """A room, by the name of its topic."""

    tenant: str
    room: str


@dataclass(frozen=True, slots=True)
class Presence:
    """How a user stands, since when in milliseconds since 1970, and in which rooms, by the names of their topics."""

    status: Status
    since: int
    rooms: frozenset[str] = field(default=frozenset())

    @property
    def is_visible(self) -> bool:
        """Whether members of the rooms see the user."""
        return self.status is not Status.OFFLINE

    def looks_like(self, other: "Presence") -> bool:
        """Say whether it is the same but for the time."""
        return self.status is other.status and self.rooms == other.rooms


ABSENT: Final = Presence(Status.OFFLINE, 0)


@dataclass(frozen=True, slots=True)
class News:
    """What a gateway tells of its users: all of them if `whole`, or those that the step to this version has changed.

    Who is not there any more has no rooms. Without users it is a sign of life.
    """

    gateway: str
    version: int
    users: Mapping[UserKey, Presence] = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a user; who was not seen before, or is not any more, is OFFLINE and in no room."""

    user: UserKey
    before: Presence
    after: Presence


def find_place(topic: Topic) -> Place | None:
    """Return where those who joined a topic see each other, None if they do not."""
    return Place(topic.tenant, topic.name) if topic.family in KINDS and topic.is_exact else None
