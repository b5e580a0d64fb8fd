"""A job brings one notification to one channel."""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from notifications.domain.limits import JOB_TAKEOVERS
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
class Job:
    """Its id is the outbox row's key and the JetStream message id, so a job published twice is one job."""

    notification: UUID
    owner: UserKey
    channel: Channel
    queue: Queue

    @property
    def id(self) -> str:
        """Return the id that makes publishing idempotent."""
        return f"{self.notification}:{self.channel}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `state` is what the delivery log shows: sent, offline, gone or dead."""

    job: Job
    state: str
    reason: str | None = None


def queue_of(priority: Priority) -> Queue:
    """Return the queue that carries a priority."""
    if priority >= Priority.HIGH:
        return Queue.HIGH
    return Queue.NORMAL if priority == Priority.NORMAL else Queue.LOW


def is_poison(deliveries: int) -> bool:
    """Say whether a job outlived so many workers that it must be what kills them."""
    return deliveries > 1 + JOB_TAKEOVERS


def wait_before(attempt: int) -> float:
    """Return the seconds to wait after a failed attempt (counted from 1): 2, 4, 8, 16, 16, ..."""
    return float(2 ** min(attempt, 4))


def pack(job: Job) -> bytes:
    """Write a job for the queue."""
    fields = {"n": str(job.notification), "t": job.owner.tenant, "u": job.owner.user, "c": job.channel, "q": job.queue}
    return json.dumps(fields, separators=(",", ":")).encode()


def unpack(packed: bytes) -> Job:
    """Read what `pack` wrote. Raises ValueError or KeyError for anything else."""
    fields = json.loads(packed)
    if not isinstance(fields, dict) or not all(isinstance(field, str) for field in fields.values()):
        raise ValueError("a job is an object of texts")
    owner = UserKey(fields["t"], fields["u"])
    return Job(UUID(fields["n"]), owner, Channel(fields["c"]), Queue(fields["q"]))
