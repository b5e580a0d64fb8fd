"""What the store in memory keeps of answers, inboxes, held copies, jobs and rooms."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from notifications.domain.dead_letter import Failure
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Job
from notifications.domain.notification import UserKey
from notifications.domain.rooms import RoomState
from notifications.domain.submission import Accepted, Copy, Submission


@dataclass(frozen=True, slots=True)
class Answer:
    """What was stored under an Idempotency-Key."""

    fingerprint: bytes
    accepted: Accepted
    at: datetime


@dataclass(slots=True)
class Inbox:
    """The log of one inbox; the entry with the number `seq` stands at `seq - 1`."""

    log: list[UUID | Change] = field(default_factory=list)
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A copy that waits for its time."""

    copy: Copy
    submission: Submission
    until: datetime
    follow_up: bool = False


@dataclass(slots=True)
class Row:
    """One row of the outbox; `swept` while a sweep holds it."""

    job: Job
    created_at: datetime
    queued_at: datetime
    since: datetime | None = None
    published_at: datetime | None = None
    follow_up: bool = False
    swept: bool = False


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the delivery log; `failures` are the attempts that failed."""

    channel: Channel
    state: str
    reason: str | None
    at: datetime
    attempts: int = 0
    failures: tuple[Failure, ...] = ()
    hand_outs: int = 0


@dataclass(slots=True)
class Expansion:
    """A request to a room and how far it is."""

    submission: Submission
    accepted_at: datetime
    next_at: datetime
    state: RoomState = RoomState.ACCEPTED
    last_member: str = ""
    members: int = 0


@dataclass(slots=True)
class Rooms:
    """Members by tenant and room, with when they joined; who has muted which room; requests."""

    members: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=dict)
    mutes: set[tuple[UserKey, str | None]] = field(default_factory=set)
    requests: dict[UUID, Expansion] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many requests have members to come."""
        return sum(request.state is RoomState.ACCEPTED for request in self.requests.values())
