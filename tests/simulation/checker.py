"""Judges a history: which promises were broken, in the eyes of those to whom they were made. Pure.

A device is owed every change of its inbox after the position of its first greeting, for as long as it presents its
cursor: once, in order, and without a hole in the numbers as they are told to it.
"""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from notifications.domain.notification import UserKey
from tests.simulation import channels, digests
from tests.simulation.evidence import Evidence, Span, sort
from tests.simulation.history import Answered, Arrived, Cleared, Copy, Entry, History, Parted, Welcomed
from tests.simulation.life import LARGEST_SKEW
from tests.simulation.person import MIDNIGHT
from tests.simulation.verdict import Verdict, Violation

HEALED = 120.0
"""Seconds within which everything is repaired. Only a restore may leave work to the redrive, which comes later."""


def check(history: History) -> list[Violation]:
    """Return every violation. Raises ValueError for a history without an end."""
    evidence = sort(history)
    rules = (
        _answers,
        _rooms,
        _twins,
        _logs,
        _recipients,
        _order,
        _debts,
        _syncs,
        _unread,
        _promptness,
        _patience,
        _rest,
        *channels.RULES,
        *digests.RULES,
    )
    return [violation for rule in rules for violation in rule(evidence)]


def _answers(evidence: Evidence) -> Iterator[Violation]:
    """What was answered is in the record, as it was answered."""
    for answer, owner, copy in evidence.accepted():
        if not any(_is_entry(copy, answer.marker, entry) for entry in evidence.ended.logs.get(owner, ())):
            yield Violation(
                Verdict.LOST, f"{answer.marker} was answered with {copy}, which is not in the log of {owner}"
            )
    for marked in evidence.marked:
        if marked.at > evidence.restored and Entry(marked.seq) not in evidence.ended.logs.get(marked.owner, ()):
            yield Violation(Verdict.LOST, f"{marked} is not in the log")


def _rooms(evidence: Evidence) -> Iterator[Violation]:
    """What was sent to a room has reached all of its members."""
    for answer in evidence.answers:
        asked = evidence.asked[answer.marker]
        if asked.room is None or answer.status != 201 or answer.at <= evidence.restored:
            continue
        for owner in (UserKey(asked.tenant, user) for user in asked.users):
            if asked.is_shown and asked.marker not in evidence.taken_back and not _has(evidence, owner, asked.marker):
                yield Violation(Verdict.LOST, f"{asked.marker} was sent to {asked.room}, and {owner} has not got it")


def _has(evidence: Evidence, owner: UserKey, marker: str) -> bool:
    return any(entry.marker == marker for entry in evidence.ended.logs.get(owner, ()))


def _is_entry(copy: Copy, marker: str, entry: Entry) -> bool:
    """Say whether an entry is that of a copy; a copy that was held had no number yet when it was answered."""
    return (entry.id, entry.marker) == (copy.id, marker) and copy.seq in (None, entry.seq)


def _twins(evidence: Evidence) -> Iterator[Violation]:
    """Repeating a request changes nothing and is answered alike."""
    first: dict[tuple[str, str | None], Answered] = {}
    for answer in evidence.answers:
        asked = evidence.asked[answer.marker]
        if asked.key is None or answer.status != 201 or answer.at <= evidence.restored:
            continue
        twin = first.setdefault((asked.tenant, asked.key), answer)
        if twin.copies != answer.copies:
            yield Violation(Verdict.TWINS_DIFFER, f"key {asked.key}: {twin} and {answer}")
    for owner, log in evidence.ended.logs.items():
        for marker, count in Counter(entry.marker for entry in log if entry.marker).items():
            if count > 1:
                yield Violation(Verdict.TWINS_DIFFER, f"{marker} is {count} times in the log of {owner}")


def _logs(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is shown that is not in the record, and nothing is in the record that nobody asked for."""
    for owner, log in evidence.ended.logs.items():
        for entry in log:
            if entry.marker and (entry.marker not in evidence.asked or evidence.is_refused(entry.marker)):
                yield Violation(Verdict.PHANTOM, f"{entry} in the log of {owner} was never accepted")
    for device, spans in evidence.spans.items():
        log = evidence.ended.logs.get(evidence.devices[device], ())
        for span in spans:
            for event in span.arrivals():
                if event.at > evidence.restored and Entry(event.seq, event.id, event.marker) not in log:
                    yield Violation(Verdict.PHANTOM, f"{event} is not in the log of its owner")


def _recipients(evidence: Evidence) -> Iterator[Violation]:
    """Only those see a message whom the producer named, in the producer's tenant."""
    for device, spans in evidence.spans.items():
        owner = evidence.devices[device]
        for event in (event for span in spans for event in span.arrivals() if event.marker):
            asked = evidence.asked.get(event.marker or "")
            if asked and (owner.tenant != asked.tenant or owner.user not in asked.users):
                yield Violation(
                    Verdict.WRONG_RECIPIENT, f"{event} reached {owner}, {asked.marker} was for {asked.users}"
                )


def _order(evidence: Evidence) -> Iterator[Violation]:
    """A device is shown each change once, in order, and can tell from the numbers that nothing is missing.

    What was held when a backup was taken is released once more after a restore.
    """
    for spans in evidence.spans.values():
        shown: dict[bool, set[UUID | None]] = {False: set(), True: set()}
        for span in spans:
            yield from _order_of_span(span, shown[span.start.at > evidence.restored])


def _order_of_span(span: Span, shown: set[UUID | None]) -> Iterator[Violation]:
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
        if not isinstance(event, Parted):
            last = max(last, event.seq)


def _place(event: Arrived, last: int, seen: set[int], shown: set[UUID | None]) -> Verdict | None:
    if event.seq in seen or (event.id is not None and event.id in shown):
        return Verdict.SHOWN_TWICE
    if event.seq <= last:
        return Verdict.REORDERED
    return Verdict.BROKEN_CHAIN if event.prev > last else None


def _debts(evidence: Evidence) -> Iterator[Violation]:
    """A device has been shown everything after its position, and has had its cursor refused only after a restore."""
    for device, spans in evidence.spans.items():
        for span in spans[1:]:
            if not spans[0].start.at <= evidence.restored <= span.start.at:
                yield Violation(Verdict.LOST, f"{device} had to start afresh at {span.start.at} with a good cursor")
        shown = {Entry(event.seq, event.id, event.marker) for event in spans[-1].arrivals()}
        for entry in evidence.ended.logs.get(evidence.devices[device], ()):
            if entry.seq > spans[-1].start.seq and entry not in shown and not evidence.may_expire(entry):
                yield Violation(Verdict.LOST, f"{entry} was never shown to {device}")


def _syncs(evidence: Evidence) -> Iterator[Violation]:
    """A device that asks for what it missed is told all of it."""
    for event in (event for event in evidence.synced if event.at > evidence.restored):
        for entry in evidence.ended.logs.get(evidence.devices[event.device], ()):
            is_due = event.since < entry.seq <= event.upto and not evidence.may_expire(entry)
            if is_due and entry.seq not in event.seqs:
                yield Violation(Verdict.LOST, f"{entry} is missing in {event}")


def _unread(evidence: Evidence) -> Iterator[Violation]:
    """A device without a position is shown what it would otherwise never learn of."""
    for device, spans in evidence.spans.items():
        start = spans[-1].start
        known = evidence.listed[device] | {event.id for span in spans for event in span.arrivals()}
        for answer, owner, copy in evidence.accepted():
            placed = next((entry.seq for entry in evidence.ended.logs.get(owner, ()) if entry.id == copy.id), 0)
            is_due = (
                owner == evidence.devices[device]
                and answer.at < start.at
                and placed <= start.seq
                and copy.id not in evidence.ended.read
            )
            if is_due and copy.id not in known and not evidence.asked[answer.marker].expires:
                yield Violation(Verdict.LOST, f"{answer.marker} was unread when {device} came, and was not listed")


def _promptness(evidence: Evidence) -> Iterator[Violation]:
    """In calm weather a device need not wait for the slow repairs."""
    for answer, owner, copy in evidence.accepted():
        if answer.at < evidence.calm:
            continue
        for device in (device for device, its_owner in evidence.devices.items() if its_owner == owner):
            wait = _wait(evidence.spans[device], copy, answer.at)
            if wait > evidence.prompt:
                yield Violation(Verdict.LATE, f"{answer.marker} took {wait:.3f} s to reach {device}")


def _patience(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is shown before its time, as far as clocks can tell."""
    for device, spans in evidence.spans.items():
        for event in (event for span in spans for event in span.arrivals() if event.marker in evidence.asked):
            asked = evidence.asked[event.marker or ""]
            due = max(asked.due, MIDNIGHT if evidence.is_quiet(evidence.devices[device], asked) else 0.0)
            if event.at < due - LARGEST_SKEW:
                yield Violation(Verdict.EARLY, f"{event} reached {device} though it was due at {due:.3f}")


def _wait(spans: list[Span], copy: Copy, accepted: float) -> float:
    """Return the longest for which a connected device could have been shown a copy before it was."""
    since, longest = accepted, 0.0
    for event in (event for span in spans for event in (span.start, *span.told)):
        if isinstance(event, Welcomed):
            since = max(accepted, event.at)
        elif isinstance(event, Parted):
            longest = max(longest, event.at - since)
        elif isinstance(event, Arrived) and event.id == copy.id:
            return max(longest, event.at - since)
    return 0.0


def _rest(evidence: Evidence) -> Iterator[Violation]:
    """When all has come to rest, no work is left over, no device is left out, and nothing failed unexpectedly."""
    cleared = evidence.turns.get(Cleared, 0.0)
    if evidence.restored < 0 and evidence.calm - cleared > HEALED:
        yield Violation(Verdict.STUCK, f"what broke before {cleared:.1f} s had not healed {HEALED:.0f} s later")
    ended = evidence.ended
    if ended.outbox or ended.jobs or ended.held or ended.rooms:
        waiting = f"{ended.held} copies that are held and {ended.rooms} rooms"
        left = f"{ended.outbox} outbox rows, {ended.jobs} jobs, {waiting}"
        yield Violation(Verdict.STUCK, f"{left} are left")
    for device in evidence.ended.parted:
        yield Violation(Verdict.STUCK, f"{device} could not come back")
    for error in evidence.ended.errors:
        yield Violation(Verdict.ERROR, error)
