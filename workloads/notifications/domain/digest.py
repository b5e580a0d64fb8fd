"""Several notifications that go out together, at a certain hour of their recipient's day or week."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from notifications.domain.jobs import Channel
from notifications.domain.notification import Notification, UserKey
from notifications.domain.preferences import Frequency


@dataclass(frozen=True, slots=True)
class Digest:
    """The one record for a user, channel and hour: its id counts only for who makes it first."""

    id: UUID
    owner: UserKey
    channel: Channel
    period: Frequency
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """A digest as it goes out: `total` notifications that are still unread, the newest of them here, newest first.

    `queued_at`, `attempts` and `hand_outs` are those of an `Errand`.
    """

    period: Frequency
    notifications: Sequence[Notification] = field(repr=False)
    total: int
    queued_at: datetime
    attempts: int = 0
    hand_outs: int = 0
