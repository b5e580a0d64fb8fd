"""Judges a history: which promises were broken, in the eyes of those to whom they were made. Pure.

A device is owed every change of its inbox after the position of its first greeting, for as long as it presents its
cursor: once, in order, and without a hole in the numbers as they are told to it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from notifications.domain.notification import UserKey
from tests.simulation.history import (
    Answered,
    Arrived,
    Asked,
    Calmed,
    Copy,
    Ended,
    Entry,
    Event,
    History,
    Listed,
    Marked,
    Positioned,
    Restored,
    Welcomed,
)

PROMPT = 0.9
"""Seconds within which a device in calm weather is shown what was accepted: sooner than any repair begins."""


class Verdict(Enum):
    """A broken promise."""

    LOST = "lost"
    SHOWN_TWICE = "shown twice"
    REORDERED = "reordered"
    BROKEN_CHAIN = "broken chain"
    PHANTOM = "phantom"
    WRONG_RECIPIENT = "wrong recipient"
    TWINS_DIFFER = "twins differ"
    STUCK = "stuck"
    LATE = "late"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Violation:
    """A verdict and what it rests on."""

    verdict: Verdict
    detail: str

    def __str__(self) -> str:
        return f"{self.verdict.value}: {self.detail}"


@dataclass(slots=True)
class _Span:
    """What a device was told from one greeting that gave it a new position to the next such greeting."""

    start: Welcomed
    told: list[Arrived | Positioned | Welcomed] = field(default_factory=list)

    def arrivals(self) -> Iterator[Arrived]:
        return (event for event in self.told if isinstance(event, Arrived))


@dataclass(slots=True)
class _Case:
    """A history, sorted by what the rules ask for."""

    ended: Ended
    devices: dict[str, UserKey]
    asked: dict[str, Asked] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)
    listed: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    spans: dict[str, list[_Span]] = field(default_factory=lambda: defaultdict(list))
    restored: float = -1.0
    calm: float | None = None

    def is_refused(self, marker: str) -> bool:
        """Say whether every answer to a request was that it will never be accepted."""
        statuses = {answer.status for answer in self.answers if answer.marker == marker}
        return bool(statuses) and statuses <= {400, 422}

    def accepted(self) -> Iterator[tuple[Answered, UserKey, Copy]]:
        """Yield each copy that was answered with 201, as often as it was, unless a restore took it back."""
        for answer in self.answers:
            if answer.status == 201 and answer.at > self.restored:
                for copy in answer.copies:
                    yield answer, UserKey(self.asked[answer.marker].tenant, copy.user), copy


def check(history: History) -> list[Violation]:
    """Return every violation. Raises ValueError for a history without an end."""
    case = _sort(history)
    rules = (_answers, _twins, _logs, _recipients, _order, _debts, _unread, _promptness, _rest)
    return [violation for rule in rules for violation in rule(case)]


def _sort(history: History) -> _Case:
    ended = history.events[-1] if history.events else None
    if not isinstance(ended, Ended):
        raise ValueError("a history must end with Ended")
    case = _Case(ended, history.devices)
    for event in history:
        match event:
            case Asked():
                case.asked.setdefault(event.marker, event)
            case Answered():
                case.answers.append(event)
            case Marked():
                case.marked.append(event)
            case Restored():
                case.restored = event.at
            case Calmed():
                case.calm = event.at
            case _:
                _sort_told(case, event)
    return case


def _sort_told(case: _Case, event: Event) -> None:
    match event:
        case Welcomed(recovered=False):
            case.spans[event.device].append(_Span(event))
        case Welcomed() | Arrived() | Positioned():
            case.spans[event.device][-1].told.append(event)
        case Listed():
            case.listed[event.device].update(event.ids)


def _answers(case: _Case) -> Iterator[Violation]:
    """What was answered is in the record, as it was answered."""
    for answer, owner, copy in case.accepted():
        if Entry(copy.seq, copy.id, answer.marker) not in case.ended.logs.get(owner, ()):
            yield Violation(
                Verdict.LOST, f"{answer.marker} was answered with {copy}, which is not in the log of {owner}"
            )
    for marked in case.marked:
        if marked.at > case.restored and Entry(marked.seq) not in case.ended.logs.get(marked.owner, ()):
            yield Violation(Verdict.LOST, f"{marked} is not in the log")


def _twins(case: _Case) -> Iterator[Violation]:
    """Repeating a request changes nothing and is answered alike."""
    first: dict[tuple[str, str | None], Answered] = {}
    for answer in case.answers:
        asked = case.asked[answer.marker]
        if asked.key is None or answer.status != 201 or answer.at <= case.restored:
            continue
        twin = first.setdefault((asked.tenant, asked.key), answer)
        if twin.copies != answer.copies:
            yield Violation(Verdict.TWINS_DIFFER, f"key {asked.key}: {twin} and {answer}")
    for owner, log in case.ended.logs.items():
        for marker, count in Counter(entry.marker for entry in log if entry.marker).items():
            if count > 1:
                yield Violation(Verdict.TWINS_DIFFER, f"{marker} is {count} times in the log of {owner}")


def _logs(case: _Case) -> Iterator[Violation]:
    """Nothing is shown that is not in the record, and nothing is in the record that nobody asked for."""
    for owner, log in case.ended.logs.items():
        for entry in log:
            if entry.marker and (entry.marker not in case.asked or case.is_refused(entry.marker)):
                yield Violation(Verdict.PHANTOM, f"{entry} in the log of {owner} was never accepted")
    for device, spans in case.spans.items():
        log = case.ended.logs.get(case.devices[device], ())
        for span in spans:
            for event in span.arrivals():
                if event.at > case.restored and Entry(event.seq, event.id, event.marker) not in log:
                    yield Violation(Verdict.PHANTOM, f"{event} is not in the log of its owner")


def _recipients(case: _Case) -> Iterator[Violation]:
    """Only those see a message whom the producer named, in the producer's tenant."""
    for device, spans in case.spans.items():
        owner = case.devices[device]
        for event in (event for span in spans for event in span.arrivals() if event.marker):
            asked = case.asked.get(event.marker or "")
            if asked and (owner.tenant != asked.tenant or owner.user not in asked.users):
                yield Violation(
                    Verdict.WRONG_RECIPIENT, f"{event} reached {owner}, {asked.marker} was for {asked.users}"
                )


def _order(case: _Case) -> Iterator[Violation]:
    """A device is shown each change once, in order, and can tell from the numbers that nothing is missing."""
    for spans in case.spans.values():
        shown: set[UUID | None] = set()
        for span in spans:
            seen: set[int] = set()
            last = span.start.seq
            for event in span.told:
                if isinstance(event, Arrived):
                    if verdict := _place(event, last, seen, shown):
                        yield Violation(verdict, f"{event} came after {last}")
                    seen.add(event.seq)
                    shown.add(event.id)
                elif isinstance(event, Welcomed) and event.seq != last:
                    yield Violation(Verdict.BROKEN_CHAIN, f"{event} though the device had presented {last}")
                last = max(last, event.seq)


def _place(event: Arrived, last: int, seen: set[int], shown: set[UUID | None]) -> Verdict | None:
    if event.seq in seen or (event.id is not None and event.id in shown):
        return Verdict.SHOWN_TWICE
    if event.seq <= last:
        return Verdict.REORDERED
    return Verdict.BROKEN_CHAIN if event.prev > last else None


def _debts(case: _Case) -> Iterator[Violation]:
    """A device has been shown everything after its position, and has had its cursor refused only after a restore."""
    for device, spans in case.spans.items():
        for span in spans[1:]:
            if not spans[0].start.at <= case.restored <= span.start.at:
                yield Violation(Verdict.LOST, f"{device} had to start afresh at {span.start.at} with a good cursor")
        shown = {event.seq for event in spans[-1].arrivals()}
        for entry in case.ended.logs.get(case.devices[device], ()):
            if entry.seq > spans[-1].start.seq and entry.seq not in shown and not _may_expire(case, entry):
                yield Violation(Verdict.LOST, f"{entry} was never shown to {device}")


def _unread(case: _Case) -> Iterator[Violation]:
    """A device without a position is shown what it would otherwise never learn of."""
    for device, spans in case.spans.items():
        start = spans[-1].start
        known = case.listed[device] | {event.id for span in spans for event in span.arrivals()}
        for answer, owner, copy in case.accepted():
            is_due = owner == case.devices[device] and answer.at < start.at and copy.id not in case.ended.read
            if is_due and copy.id not in known and not case.asked[answer.marker].expires:
                yield Violation(Verdict.LOST, f"{answer.marker} was unread when {device} came, and was not listed")


def _promptness(case: _Case) -> Iterator[Violation]:
    """In calm weather a device need not wait for a repair."""
    for answer, owner, copy in case.accepted():
        if case.calm is None or answer.at < case.calm:
            continue
        for device in (device for device, its_owner in case.devices.items() if its_owner == owner):
            wait = _wait(case.spans[device], copy, answer.at)
            if wait > PROMPT:
                yield Violation(Verdict.LATE, f"{answer.marker} took {wait:.3f} s to reach {device}")


def _wait(spans: list[_Span], copy: Copy, accepted: float) -> float:
    """Return for how long a device could have been shown a copy before it was."""
    since = accepted
    for event in (event for span in spans for event in (span.start, *span.told)):
        if isinstance(event, Welcomed):
            since = max(accepted, event.at)
        elif isinstance(event, Arrived) and event.id == copy.id:
            return event.at - since
    return 0.0


def _rest(case: _Case) -> Iterator[Violation]:
    """When all has come to rest, no work is left over, no device is left out, and nothing failed unexpectedly."""
    if case.ended.outbox or case.ended.jobs:
        yield Violation(Verdict.STUCK, f"{case.ended.outbox} outbox rows and {case.ended.jobs} jobs are left")
    for device in case.ended.parted:
        yield Violation(Verdict.STUCK, f"{device} could not come back")
    for error in case.ended.errors:
        yield Violation(Verdict.ERROR, error)


def _may_expire(case: _Case, entry: Entry) -> bool:
    return entry.marker in case.asked and case.asked[entry.marker].expires
