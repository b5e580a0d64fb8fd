"""A producer's request to notify people, and the answer to it."""

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifications.domain.jobs import Channel, Job, queue_of
from notifications.domain.notification import Message, UserKey


@dataclass(frozen=True, slots=True)
class Copy:
    """One recipient's copy of the message, under the id that everyone will know it by."""

    id: UUID
    user: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A validated request, to be shown at `send_at`, or at once when that is None.

    `key` is the Idempotency-Key, `fingerprint` the digest of the body it came with. A submission to a `room` has no
    copies when it is accepted; at `expanded_at` some of its members get theirs.
    """

    id: UUID
    tenant: str
    created_at: datetime
    message: Message
    copies: tuple[Copy, ...]
    fingerprint: bytes
    key: str | None = None
    send_at: datetime | None = None
    room: str | None = None
    expanded_at: datetime | None = None


class State(StrEnum):
    """What becomes of a copy in its recipient's inbox: shown now, later, or never."""

    QUEUED = "queued"
    HELD = "held"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Placed:
    """A copy and its place in the recipient's inbox; `seq` is None unless it is queued."""

    id: UUID
    user: str
    seq: int | None
    state: State = State.QUEUED


@dataclass(frozen=True, slots=True)
class Accepted:
    """Committed. `replayed`: an earlier request with this key was, and this is its answer again."""

    id: UUID
    placed: tuple[Placed, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used before, with another body."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notification on one channel. `attempts` counts what was tried; none while it is held."""

    channel: Channel
    state: str
    reason: str | None
    attempts: int
    at: datetime


def fingerprint(body: bytes) -> bytes:
    """Digest a request body as it came, byte for byte."""
    return hashlib.sha256(body).digest()


def jobs_of(submission: Submission, without: Container[UUID] = ()) -> tuple[Job, ...]:
    """Return the jobs that an accepted submission starts, one a copy and channel; none for the copies `without`."""
    queue = queue_of(submission.message.priority)
    return tuple(
        Job(copy.id, UserKey(submission.tenant, copy.user), Channel.WEBSOCKET, queue)
        for copy in submission.copies
        if copy.id not in without
    )
