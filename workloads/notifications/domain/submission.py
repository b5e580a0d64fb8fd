"""A producer's request to notify people, and the answer to it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifications.domain.jobs import Channel, Job, queue_of
from notifications.domain.notification import Message, Notification, UserKey


@dataclass(frozen=True, slots=True)
class Copy:
    """One recipient's copy of the message, under the id that everyone will know it by."""

    id: UUID
    user: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A validated request, to be shown at `send_at`, or at once when that is None.

    `key` is the Idempotency-Key, `fingerprint` the digest of the body it came with. A submission to a `room` has no
    copies when it is accepted; at `expanded_at` some of its members get theirs. `channels` are those that the producer
    named, None for the usual ones. `trace` is the step that it belongs to, as a W3C traceparent.
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
    channels: frozenset[Channel] | None = None
    trace: str | None = field(default=None, compare=False)

    @property
    def accepted_at(self) -> datetime:
        """Return when the copies were made."""
        return self.expanded_at or self.created_at

    @property
    def due_at(self) -> datetime:
        """Return the time before which nothing of it is sent."""
        return max(self.accepted_at, self.send_at or self.accepted_at)


class State(StrEnum):
    """What becomes of a copy in its recipient's inbox: shown now, later, or never."""

    QUEUED = "queued"
    HELD = "held"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Placed:
    """A copy and its place in the recipient's inbox; `seq` is None unless it is shown there now.

    `channels` carry it beside the inbox from the start.
    """

    id: UUID
    user: str
    seq: int | None
    state: State = State.QUEUED
    channels: tuple[Channel, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Committed. `replayed`: an earlier request with this key was, and this is its answer again."""

    id: UUID
    placed: tuple[Placed, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """A submission that was just accepted, with the places of its copies."""

    submission: Submission
    placed: tuple[Placed, ...]


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


def place(id: UUID, user: str, seq: int | None, state: State, channels: tuple[Channel, ...]) -> Placed:
    """Return a copy whose inbox says `state`: other channels may carry what the inbox does not show."""
    return Placed(id, user, seq, State.QUEUED if state is State.SKIPPED and channels else state, channels)


def jobs_of(submission: Submission) -> tuple[Job, ...]:
    """Return the jobs that show each copy in its recipient's inbox."""
    return tuple(job_of(submission, copy, Channel.WEBSOCKET) for copy in submission.copies)


def jobs_due(submission: Submission, placed: Sequence[Placed]) -> tuple[Job, ...]:
    """Return the jobs of copies that can be done at once."""
    in_inboxes = (job_of(submission, copy, Channel.WEBSOCKET) for copy in placed if copy.seq is not None)
    return (*in_inboxes, *jobs_elsewhere(submission, placed))


def jobs_elsewhere(submission: Submission, placed: Sequence[Placed]) -> tuple[Job, ...]:
    """Return those of them that do not show a copy in its recipient's inbox."""
    if not any(copy.channels for copy in placed) or submission.due_at > submission.accepted_at:
        return ()
    return tuple(job_of(submission, copy, channel) for copy in placed for channel in copy.channels)


def shown(committed: Committed) -> list[tuple[Job, Notification]]:
    """Return what is shown in inboxes now, each with the job that shows it."""
    submission = committed.submission
    found = []
    for copy in committed.placed:
        if copy.seq is not None:
            job = job_of(submission, copy, Channel.WEBSOCKET)
            item = Notification(job.notification, job.owner, copy.seq, submission.message, submission.created_at)
            found.append((job, item))
    return found


def job_of(submission: Submission, copy: Copy | Placed, channel: Channel) -> Job:
    """Return the job that brings a copy over a channel."""
    owner, queue = UserKey(submission.tenant, copy.user), queue_of(submission.message.priority)
    return Job(copy.id, owner, channel, queue, trace=submission.trace)
