"""What one listener is owed: a listener's events, gone through in their order."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from notifications.domain.topics import Topic, matches
from tests.simulation.topics.history import Event, Followed, Gapped, Heard, Left, Parted, Place, Stored, Welcomed

Refusal = Welcomed | Followed
"""Of whoever said where it stands, and could not go on from there."""


@dataclass(slots=True)
class Debt:
    """A listener is owed what is stored of a topic after a place, or if there is none after it was told so."""

    topic: Topic
    kind: str | None
    told: float
    since: Place | None = None

    def covers(self, stored: Stored) -> bool:
        """Say whether a message is owed, unless its time is over."""
        if not matches(self.topic, stored.topic) or self.kind not in (None, stored.kind) or stored.expires:
            return False
        return stored.at > self.told if self.since is None else stored.place > self.since


@dataclass(slots=True)
class Line:
    """A connection: when it stood, at which life of a gateway, and what was heard over it."""

    gateway: int
    began: float
    parted: float = math.inf
    heard: list[Heard] = field(default_factory=list)
    stood: dict[Topic, Place] = field(default_factory=dict)
    """Where the listener stood that goes on from there."""
    ready: dict[Topic, float] = field(default_factory=dict)
    """When it was told that it follows a topic."""


@dataclass(slots=True)
class Account:
    """A listener's lines by their names, and what is owed at the end."""

    name: str
    lines: dict[str, Line] = field(default_factory=dict)
    debts: dict[Topic, Debt] = field(default_factory=dict)
    gaps: list[Gapped] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    wishes: dict[Topic, str | None] = field(default_factory=dict)
    """Whatever it ever followed, and the kind that it wanted."""
    refusals: list[Refusal] = field(default_factory=list)
    """Who came back and had to begin anew."""

    def take(self, event: Event) -> None:
        """Take note of an event of this listener."""
        match event:
            case Welcomed():
                self._begin(event)
            case Followed():
                self._follow(event)
            case Left():
                self.debts.pop(event.topic, None)
                self.left.append(event)
            case Heard():
                self.lines[event.line].heard.append(event)
            case Gapped():
                self.gaps.append(event)
            case Parted() if line := self.lines.get(event.line):
                line.parted = event.at

    def has_heard(self, marker: str) -> bool:
        """Say whether it was ever shown a message."""
        return any(heard.marker == marker for line in self.lines.values() for heard in line.heard)

    def is_told_of(self, stored: Stored) -> bool:
        """Say whether it was told of a gap when a message was missing."""
        return any(matches(gap.topic, stored.topic) and stored.at <= gap.at for gap in self.gaps)

    def _begin(self, event: Welcomed) -> None:
        line = self.lines[event.line] = Line(event.gateway, event.at)
        if event.recovered and event.stood is not None:
            line.stood = {topic: event.stood for topic in self.debts}
            line.ready = dict.fromkeys(self.debts, event.at)
        elif event.is_stock:
            self.debts.clear()
            self.refusals += [event] if event.stood else []

    def _follow(self, event: Followed) -> None:
        line = self.lines[event.line]
        line.ready[event.topic] = event.at
        self.wishes[event.topic] = event.kind
        if event.stood is not None and event.recovered:
            line.stood[event.topic] = event.stood
            self.debts.setdefault(event.topic, Debt(event.topic, event.kind, event.at, event.stood))
            return
        if event.stood is not None:
            self.refusals.append(event)
        self.debts[event.topic] = Debt(event.topic, event.kind, event.at)


def open_accounts(events: list[Event]) -> list[Account]:
    """Return an account of every listener."""
    accounts: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if isinstance(event, Welcomed | Followed | Left | Heard | Gapped | Parted):
            accounts[event.listener].append(event)
    return [_open(name, own) for name, own in accounts.items()]


def _open(name: str, events: list[Event]) -> Account:
    account = Account(name)
    for event in events:
        account.take(event)
    return account
