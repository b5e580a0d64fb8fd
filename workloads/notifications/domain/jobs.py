"""A job brings one notification to one channel."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from notifications.domain.limits import JOB_TAKEOVERS, PUSH_UNLESS_SEEN
from notifications.domain.notification import Priority, UserKey


class Queue(StrEnum):
    """Work queues, served side by side so that a long one never delays a more urgent one."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Channel(StrEnum):
    """Ways to reach a person."""

    WEBSOCKET = "websocket"
    EMAIL = "email"
    PUSH = "push"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Lane:
    """The jobs of one queue for one channel, served side by side with all others: slow mail delays no socket."""

    queue: Queue
    channel: Channel

    @property
    def name(self) -> str:
        """Return the name of the consumer behind it."""
        return f"{self.queue}-{self.channel}"


LANES: Final = tuple(Lane(queue, channel) for queue in Queue for channel in Channel)


@dataclass(frozen=True, slots=True)
class Job:
    """Its id is the outbox row's key and the JetStream message id, so a job published twice is one job.

    `turn` counts how often it was put back to wait for a time: what the queue still has of a former turn is void.
    `digest`: it brings a digest, whose id stands in the place of a notification's. `trace`: the step that led to it,
    as a W3C traceparent, while the queue remembers; the outbox does not.
    """

    notification: UUID
    owner: UserKey
    channel: Channel
    queue: Queue
    turn: int = 0
    digest: bool = False
    trace: str | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Return the id that makes publishing idempotent."""
        return f"{self.notification}:{self.channel}" + (f":{self.turn}" if self.turn else "")

    @property
    def lane(self) -> Lane:
        """Return where it is served."""
        return Lane(self.queue, self.channel)


class Status(StrEnum):
    """What the delivery log says of a notification on a channel."""

    HELD = "held"
    """Waits for its time."""
    RETRYING = "retrying"
    """An attempt failed; another one follows."""
    SENT = "sent"
    """A gateway or a provider took it."""
    OFFLINE = "offline"
    """No gateway holds the recipient."""
    DIGESTED = "digested"
    """Part of a digest."""
    SKIPPED = "skipped"
    """Not wanted, not needed any more, or there is nowhere to send it."""
    CANCELLED = "cancelled"
    """Taken back before it was shown or sent."""
    GONE = "gone"
    """Expired, cancelled, or settled before."""
    NOT_CONFIGURED = "not configured"
    """The channel has no provider."""
    DEAD = "dead"
    """Given up; a dead letter tells why."""


class Failure(StrEnum):
    """Why a notification never arrives on a channel, in few words: those of `Outcome.reason` are without number."""

    REJECTED = "rejected"
    """A provider refused it for good."""
    EXHAUSTED = "exhausted"
    """Every attempt failed."""
    UNREACHED = "unreached"
    """No provider could even be asked."""
    POISON = "poison"
    """It outlived too many workers."""
    NOT_CONFIGURED = "not_configured"
    """There is no provider."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended, or what became of it so far.

    `attempted`: it counts as an attempt. `wait`: the job stays in the queue, to be handed out again after so many
    seconds. `until`: the job leaves the queue and comes back at that time. With neither it is over.
    """

    job: Job
    state: Status
    reason: str | None = None
    attempted: bool = True
    wait: float | None = None
    until: datetime | None = None
    hand_outs: int = 0
    """How often the queue had handed it out when it was left there, 0 where it was not."""
    began: datetime | None = field(default=None, compare=False)
    """When the attempt began that failed: by that it counts once, however often it is written down."""
    cause: Failure = field(default=Failure.EXHAUSTED, compare=False)
    """Read where the state is DEAD."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        return self.wait is None and self.until is None

    @property
    def failure(self) -> Failure | None:
        """Return why it will never arrive, None where it has, still may, or is not wanted."""
        if self.state is Status.NOT_CONFIGURED:
            return Failure.NOT_CONFIGURED
        return self.cause if self.state is Status.DEAD else None

    @property
    def follow_up(self) -> float | None:
        """Return after how many seconds a push message follows, None for never."""
        return FOLLOW_UP_AFTER.get(self.state) if self.job.channel is Channel.WEBSOCKET else None


# A push message follows what reached no socket, or was not seen there
FOLLOW_UP_AFTER: Final = {Status.OFFLINE: 0.0, Status.DEAD: 0.0, Status.SENT: PUSH_UNLESS_SEEN}


def queue_of(priority: Priority) -> Queue:
    """Return the queue that carries a priority."""
    if priority >= Priority.HIGH:
        return Queue.HIGH
    return Queue.NORMAL if priority == Priority.NORMAL else Queue.LOW


def find_poison(job: Job, times: int) -> Outcome | None:
    """Return the end of a job that outlived so many workers that it must be what kills them, None for others.

    `times` is how often it was handed out since it was last left to the queue in order.
    """
    if times <= 1 + JOB_TAKEOVERS:
        return None
    return Outcome(job, Status.DEAD, f"handed out {times} times", cause=Failure.POISON)


def leave(job: Job, hand_outs: int) -> Outcome:
    """Return the outcome of a job that a worker did not finish before its own end."""
    reason = "the worker was told to stop"
    return Outcome(job, Status.RETRYING, reason, attempted=False, wait=0.0, hand_outs=hand_outs)


def wait_before(attempt: int) -> float:
    """Return the seconds to wait after a failed attempt (counted from 1): 2, 4, 8, 16, 16, ..."""
    return float(2 ** min(attempt, 4))


_write: Final = json.JSONEncoder(separators=(",", ":")).encode


def pack(job: Job) -> bytes:
    """Write a job for the queue."""
    fields = {"n": str(job.notification), "t": job.owner.tenant, "u": job.owner.user, "c": job.channel, "q": job.queue}
    if job.turn:
        fields["r"] = str(job.turn)
    if job.digest:
        fields["d"] = "1"
    if job.trace:
        fields["p"] = job.trace
    return _write(fields).encode()


def unpack(packed: bytes) -> Job:
    """Read what `pack` wrote. Raises ValueError or KeyError for anything else."""
    fields = json.loads(packed)
    if not isinstance(fields, dict) or not all(isinstance(field, str) for field in fields.values()):
        raise ValueError("a job is an object of texts")
    owner, turn = UserKey(fields["t"], fields["u"]), int(fields.get("r", "0"))
    return Job(UUID(fields["n"]), owner, Channel(fields["c"]), Queue(fields["q"]), turn, "d" in fields, fields.get("p"))
