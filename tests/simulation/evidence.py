"""A history, sorted by what the rules of the checker ask for."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.notification import UserKey
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
    History,
    Listed,
    Marked,
    Parted,
    Positioned,
    Restored,
    Synced,
    Welcomed,
)


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
    asked: dict[str, Asked] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)
    synced: list[Synced] = field(default_factory=list)
    listed: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    turns: dict[type[Event], float] = field(default_factory=dict)
    prompt: float = math.inf

    @property
    def restored(self) -> float:
        """When the database went back to a backup; before the beginning if it never did."""
        return self.turns.get(Restored, -1.0)

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
        return entry.marker in self.asked and self.asked[entry.marker].expires

    def accepted(self) -> Iterator[tuple[Answered, UserKey, Copy]]:
        """Yield each copy that was answered with 201, as often as it was, unless a restore took it back."""
        for answer in self.answers:
            if answer.status == 201 and answer.at > self.restored:
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
    evidence = Evidence(ended, history.devices)
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
    return evidence


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
