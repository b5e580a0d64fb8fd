"""What the database says, at the end of a run, of everything that went over a channel."""

from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.jobs import Channel, Status
from notifications.domain.notification import UserKey

Key = tuple[UUID, Channel]
"""A notification or a digest, on its way over a channel."""


@dataclass(frozen=True, slots=True)
class Made:
    """A copy as the database has it."""

    owner: UserKey
    marker: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the delivery log."""

    state: Status
    reason: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """A digest as the database has it: what was collected for it, and when it was due."""

    key: Key
    owner: UserKey
    due: float
    items: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What the database says at the end of all channels. Times are virtual seconds.

    `waking` are the devices that are left of each user.
    """

    copies: dict[UUID, Made] = field(default_factory=dict)
    lines: dict[Key, Line] = field(default_factory=dict)
    digests: tuple[Window, ...] = ()
    dead: tuple[Key, ...] = ()
    delivered: dict[UUID, float] = field(default_factory=dict)
    waking: dict[UserKey, tuple[UUID, ...]] = field(default_factory=dict)
