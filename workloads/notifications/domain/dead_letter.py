"""A job that was given up: why, and what may still become of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey


@dataclass(frozen=True, slots=True, order=True)
class LetterKey:
    """Which notification, or digest, did not get through which channel."""

    id: UUID
    channel: Channel


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt that failed."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`type` is that of the notification; None for a digest, and for a notification that is gone."""

    key: LetterKey
    owner: UserKey
    type: str | None
    reason: str | None
    attempts: int
    history: tuple[Failure, ...]
    died_at: datetime

    @property
    def place(self) -> "Place":
        """Return where it stands."""
        return Place(self.died_at, self.key)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a dead letter stands among those of its tenant; a listing goes from the last place to the first."""

    died_at: datetime
    key: LetterKey


class Retry(StrEnum):
    """What became of a wish to try again."""

    RETRIED = "retried"
    """Its job is queued, with all attempts before it."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    GONE = "gone"
    """What it was to bring has been deleted."""
    UNKNOWN = "unknown"
    """There is no such dead letter."""
