"""What happened to topics in a run: what the log stored, what the network lost, and what listeners were told.

Times are virtual seconds. A `marker` names one message: it is the only one whose payload holds it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from notifications.domain.topics import Topic
from tests.simulation import history as inboxes


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A number of one life of the log."""

    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The log stored a message. `kind` is what filters ask for; one that `expires` need not be shown."""

    at: float
    place: Place
    topic: Topic
    marker: str
    kind: str
    expires: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Whoever said something was told under which number it is stored."""

    at: float
    marker: str
    seq: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """NATS lost a message on its way to a life of a gateway, or delayed it, without losing the connection."""

    at: float
    gateway: int
    place: Place


@dataclass(frozen=True, slots=True)
class Welcomed:
    """A listener was greeted on a `line`."""

    at: float
    listener: str
    line: str
    gateway: int
    is_stock: bool = False
    stood: Place | None = None
    """Where a stock client says that it stands; any other says so of each topic."""
    recovered: bool = False
    """Whether it goes on from there, with all that it had followed."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A listener was told that it follows a topic, and whether from where it `stood`; if not, from now on."""

    at: float
    listener: str
    line: str
    topic: Topic
    kind: str | None = None
    stood: Place | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A listener wishes to follow a topic no more."""

    at: float
    listener: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class Heard:
    """A listener was shown a message. Every arrival is recorded as it came, repeats included."""

    at: float
    listener: str
    line: str
    topic: Topic
    seq: int
    marker: str


@dataclass(frozen=True, slots=True)
class Gapped:
    """A listener was told that something of a topic is missing."""

    at: float
    listener: str
    topic: Topic
    reason: str


@dataclass(frozen=True, slots=True)
class Parted:
    """A listener lost its line."""

    at: float
    listener: str
    line: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The log lost its head, or all that it held: what is kept begins with this place."""

    at: float
    first: Place


@dataclass(frozen=True, slots=True)
class Calmed:
    """All has healed: from here on what is said is heard within `prompt` seconds, and everybody is recovered."""

    at: float
    prompt: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Everybody has left. `kept` is what gateways hold on to all the same, `errors` what nobody should let escape."""

    at: float
    restless: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


Event = Stored | Said | Dropped | Welcomed | Followed | Left | Heard | Gapped | Parted | Lost | Calmed | Ended


@dataclass(slots=True)
class TopicHistory:
    """All events in the order in which they happened, and the faults that struck."""

    events: list[Event] = field(default_factory=list)
    faults: inboxes.History = field(default_factory=inboxes.History)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def told(self) -> list[Event | inboxes.Event]:
        """Return the events and the faults, by their time."""
        return sorted([*self.faults.events, *self.events], key=attrgetter("at"))

    def digest(self) -> str:
        """Return a text that is equal for equal histories only."""
        return hashlib.sha256(repr(self.told()).encode()).hexdigest()
