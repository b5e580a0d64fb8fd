"""What happened in a run, as its clients saw it, and where the record of truth stood at the end.

Times are virtual seconds. A `marker` is the content of a message: it names one thing that a producer wanted said, over
all its attempts, so that what a device is shown can be traced to who asked for it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.jobs import Channel, Status
from notifications.domain.notification import UserKey
from tests.simulation.deliveries import Deliveries, Key
from tests.simulation.person import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """A producer sent a request, for the first time or again."""

    at: float
    marker: str
    tenant: str
    users: tuple[str, ...]
    key: str | None = None
    expires: bool = False
    due: float = 0.0
    """When it is to be shown; nothing is shown earlier, but for the error of clocks."""
    room: str | None = None
    """The room that it was sent to, whose members are `users`."""
    channels: tuple[Channel, ...] | None = None
    bypasses: bool = False
    """It is brought whatever its recipients wish."""

    @property
    def is_shown(self) -> bool:
        """Whether it is for the inbox."""
        return self.channels is None or Channel.WEBSOCKET in self.channels


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A producer asked to take a request back; `is_done` once it has been told that it was."""

    at: float
    marker: str
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Retried:
    """An administrator was told that a dead letter is tried again, having asked for it at `asked_at`."""

    at: float
    asked_at: float
    key: Key


@dataclass(frozen=True, slots=True)
class Copy:
    """One recipient's copy, as an answer tells it; `seq` is None while it is held."""

    id: UUID
    user: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A producer read an answer. `copies` are told by status 201 only, and none of a room."""

    at: float
    marker: str
    status: int
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """A device was told that its marking as read was logged as a change of the inbox."""

    at: float
    owner: UserKey
    seq: int


@dataclass(frozen=True, slots=True)
class Welcomed:
    """A socket of a device was greeted. Recovered: the server goes on from the cursor that the device presented."""

    at: float
    device: str
    seq: int
    recovered: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A device was shown the unread notifications from before its position."""

    at: float
    device: str
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A device received a change of its inbox. Every arrival is recorded as it came, repeats included."""

    at: float
    device: str
    seq: int
    prev: int
    id: UUID | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """A device asked for what it missed, and was told these changes, as all there are after `since` up to `upto`."""

    at: float
    device: str
    since: int
    seqs: tuple[int, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Positioned:
    """A device was told that nothing up to a number is left for it to see."""

    at: float
    device: str
    seq: int


@dataclass(frozen=True, slots=True)
class Parted:
    """A device lost its socket."""

    at: float
    device: str


@dataclass(frozen=True, slots=True)
class Took:
    """A provider took a message. `since`: when the worker read that it is still to be sent.

    `tells`: what its text tells of, as the last twelve digits of each id. `device`: which one was woken.
    """

    at: float
    key: Key
    to: UserKey
    tells: tuple[str, ...]
    since: float
    device: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A provider refused a message for good, or said that the device is dead."""

    at: float
    key: Key
    device: UUID | None = None
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class HandedOut:
    """The queue handed a job to a worker."""

    at: float
    job: str


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome was committed. `attempts` that count as such, this one included; `buried`: there is a dead letter."""

    at: float
    job: str
    key: Key
    state: Status
    reason: str | None
    is_over: bool
    attempts: int
    buried: bool


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault was injected, or a process was crashed at a named point."""

    at: float
    fault: str
    target: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The database was restored from a backup: what was accepted after it is gone, and that is not our promise."""

    at: float


@dataclass(frozen=True, slots=True)
class Cleared:
    """The last fault was injected, and all that was to be said has been accepted: from here on things heal."""

    at: float


@dataclass(frozen=True, slots=True)
class Calmed:
    """All has healed and no work is left: from here on a device is shown within `prompt` seconds what was accepted."""

    at: float
    prompt: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the log of an inbox; `marker` if it created a notification."""

    seq: int
    id: UUID | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The state in which everything came to rest: the logs of all inboxes, and work that nobody finished.

    `read` says when; `parted` are the devices without a socket, `errors` what nobody should have let escape.
    """

    at: float
    logs: dict[UserKey, tuple[Entry, ...]]
    read: dict[UUID, float] = field(default_factory=dict)
    deliveries: Deliveries = field(default_factory=Deliveries)
    held: int = 0
    rooms: int = 0
    outbox: int = 0
    jobs: int = 0
    parted: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


Event = (
    Asked
    | Answered
    | TakenBack
    | Retried
    | Marked
    | Welcomed
    | Listed
    | Arrived
    | Synced
    | Positioned
    | Parted
    | Took
    | Refused
    | HandedOut
    | Settled
    | Struck
    | Restored
    | Cleared
    | Calmed
    | Ended
)


@dataclass(slots=True)
class History:
    """All events in the order in which they happened, whose device is whose, and who wishes for what."""

    devices: dict[str, UserKey] = field(default_factory=dict)
    people: dict[UserKey, Person] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def digest(self) -> str:
        """Return a text that is equal for equal histories only."""
        return hashlib.sha256(repr((self.devices, self.people, self.events)).encode()).hexdigest()
