"""A history, sorted by what the rules of the checker ask for."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from tests.simulation.deliveries import Key
from tests.simulation.history import (
    Answered,
    Arrived,
    Asked,
    Calmed,
    Cleared,
    Copy,
    Ended,
    Entry,
    Event,
    HandedOut,
    History,
    Listed,
    Marked,
    Parted,
    Positioned,
    Refused,
    Restored,
    Retried,
    Settled,
    Synced,
    TakenBack,
    Took,
    Welcomed,
)
from tests.simulation.person import QUIET, Person


@dataclass(slots=True)
class Span:
    """What a device was told from one greeting that gave it a new position to the next such greeting."""

    start: Welcomed
    told: list[Arrived | Positioned | Welcomed | Parted] = field(default_factory=list)

    def arrivals(self) -> Iterator[Arrived]:
        return (event for event in self.told if isinstance(event, Arrived))


@dataclass(slots=True)
class Evidence:
    """A history, sorted by what the rules ask for."""

    ended: Ended
    devices: dict[str, UserKey]
    people: dict[UserKey, Person]
    asked: dict[str, Asked] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)
    synced: list[Synced] = field(default_factory=list)
    listed: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    taken_back: dict[str, float] = field(default_factory=dict)
    """When a producer was told so, and infinity while it only asked for it."""
    retried: list[Retried] = field(default_factory=list)
    took: dict[Key, list[Took]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[Key, list[Refused]] = field(default_factory=lambda: defaultdict(list))
    handed_out: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    settled: dict[Key, list[Settled]] = field(default_factory=lambda: defaultdict(list))
    turns: dict[type[Event], float] = field(default_factory=dict)
    prompt: float = math.inf

    @property
    def restored(self) -> float:
        """When the database went back to a backup; before the beginning if it never did."""
        return self.turns.get(Restored, -1.0)

    @property
    def cleared(self) -> float:
        """When the last fault was injected."""
        return self.turns.get(Cleared, math.inf)

    @property
    def calm(self) -> float:
        """When all had healed; after the end if it never did."""
        return self.turns.get(Calmed, math.inf)

    def is_refused(self, marker: str) -> bool:
        """Say whether every answer to a request was that it will never be accepted."""
        statuses = {answer.status for answer in self.answers if answer.marker == marker}
        return bool(statuses) and statuses <= {400, 422}

    def may_expire(self, entry: Entry) -> bool:
        """Say whether a device need not be shown an entry, for its time may have come before."""
        return entry.marker in self.asked and self.may_vanish(entry.marker)

    def may_vanish(self, marker: str) -> bool:
        """Say whether a message may have expired, or may have been taken back."""
        return self.asked[marker].expires or marker in self.taken_back

    def is_quiet(self, owner: UserKey, asked: Asked, channel: Channel = Channel.WEBSOCKET) -> bool:
        """Say whether a message had to wait for the end of its recipient's quiet hours."""
        return not asked.bypasses and owner in self.people and self.people[owner].wish(channel) == QUIET

    def accepted(self) -> Iterator[tuple[Answered, UserKey, Copy]]:
        """Yield each copy for an inbox that was answered with 201, as often as it was, unless it was taken back.

        A restore takes back what was answered before.
        """
        for answer in self.answers:
            is_due = self.asked[answer.marker].is_shown and answer.marker not in self.taken_back
            if is_due and answer.status == 201 and answer.at > self.restored:
                for copy in answer.copies or self._reached(answer):
                    yield answer, UserKey(self.asked[answer.marker].tenant, copy.user), copy

    def _reached(self, answer: Answered) -> Iterator[Copy]:
        """Yield the copies of a room's members, of whom the answer knew nothing."""
        asked = self.asked[answer.marker]
        for user in asked.users if asked.room else ():
            for entry in self.ended.logs.get(UserKey(asked.tenant, user), ()):
                if entry.id is not None and entry.marker == asked.marker:
                    yield Copy(entry.id, user, entry.seq)


def sort(history: History) -> Evidence:
    """Sort a history. Raises ValueError for one without an end."""
    ended = history.events[-1] if history.events else None
    if not isinstance(ended, Ended):
        raise ValueError("a history must end with Ended")
    evidence = Evidence(ended, history.devices, history.people)
    for event in history:
        match event:
            case Asked():
                evidence.asked.setdefault(event.marker, event)
            case Answered():
                evidence.answers.append(event)
            case Restored() | Cleared():
                evidence.turns[type(event)] = event.at
            case Calmed():
                evidence.turns[Calmed], evidence.prompt = event.at, event.prompt
            case _:
                _sort_told(evidence, event)
                _sort_brought(evidence, event)
    return evidence


def _sort_brought(evidence: Evidence, event: Event) -> None:
    match event:
        case TakenBack():
            known = evidence.taken_back.get(event.marker, math.inf)
            evidence.taken_back[event.marker] = min(known, event.at if event.is_done else math.inf)
        case Retried():
            evidence.retried.append(event)
        case Took():
            evidence.took[event.key].append(event)
        case Refused():
            evidence.refused[event.key].append(event)
        case HandedOut():
            evidence.handed_out[event.job].append(event.at)
        case Settled():
            evidence.settled[event.key].append(event)


def _sort_told(evidence: Evidence, event: Event) -> None:
    match event:
        case Welcomed(recovered=False):
            evidence.spans[event.device].append(Span(event))
        case Welcomed() | Arrived() | Positioned() | Parted():
            evidence.spans[event.device][-1].told.append(event)
        case Marked():
            evidence.marked.append(event)
        case Synced():
            evidence.synced.append(event)
        case Listed():
            evidence.listed[event.device].update(event.ids)
