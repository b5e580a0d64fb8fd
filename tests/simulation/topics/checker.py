"""Judges a history of topics: which promises were broken, in the eyes of those to whom they were made. Pure.

A listener is owed whatever is stored of its topics from when it was told that it follows them, or since the place from
which it goes on: once, each topic in order. What it is not shown, it is told of: by a gap, or by not being recovered.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from notifications.domain.limits import SLOW_CONSUMER_GRACE
from notifications.domain.topics import Topic, matches
from tests.simulation.topics.account import Account, Line, Refusal, open_accounts
from tests.simulation.topics.history import (
    Calmed,
    Dropped,
    Ended,
    Gapped,
    Heard,
    Left,
    Lost,
    Place,
    Said,
    Stored,
    TopicHistory,
)
from tests.simulation.verdict import Verdict, Violation

LOOKED_WITHIN = 30.0 + SLOW_CONSUMER_GRACE
"""Seconds within which a gateway has compared what it heard with the log, and a client that does not read is gone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A history, sorted by what the rules ask for."""

    stored: dict[str, Stored]
    said: list[Said]
    dropped: dict[Place, list[Dropped]]
    accounts: list[Account]
    calmed: Calmed | None
    losses: list[Lost]
    ended: Ended


def check(history: TopicHistory) -> list[Violation]:
    """Return every violation. Raises ValueError for a history without an end."""
    evidence = _sort(history)
    rules = (_answers, _truth, _order, _repeats, _debts, _promptness, _needless, _rest)
    return [violation for rule in rules for violation in rule(evidence)]


def _sort(history: TopicHistory) -> Evidence:
    events = list(history)
    if not events or not isinstance(ended := events[-1], Ended):
        raise ValueError("a history must end with Ended")
    dropped: defaultdict[Place, list[Dropped]] = defaultdict(list)
    for event in events:
        if isinstance(event, Dropped):
            dropped[event.place].append(event)
    return Evidence(
        stored={event.marker: event for event in events if isinstance(event, Stored)},
        said=[event for event in events if isinstance(event, Said)],
        dropped=dropped,
        accounts=open_accounts(events),
        calmed=next((event for event in events if isinstance(event, Calmed)), None),
        losses=[event for event in events if isinstance(event, Lost)],
        ended=ended,
    )


def _answers(evidence: Evidence) -> Iterator[Violation]:
    """What somebody was told is stored was stored, under that number."""
    for said in evidence.said:
        stored = evidence.stored.get(said.marker)
        if stored is None or stored.place.seq != said.seq:
            yield Violation(Verdict.LOST, f"{said} but {stored}")


def _truth(evidence: Evidence) -> Iterator[Violation]:
    """What a listener is shown was said, where it listens, in its own tenant."""
    for account, _, heard in _hearings(evidence):
        stored = evidence.stored.get(heard.marker)
        if stored is None or stored.place.seq != heard.seq:
            yield Violation(Verdict.PHANTOM, f"{heard} but {stored}")
        elif stored.topic != heard.topic:
            yield Violation(Verdict.WRONG_RECIPIENT, f"{heard} but {stored}")
        elif not _is_wanted(account, stored):
            yield Violation(Verdict.NEEDLESS, f"{heard} is of no topic and kind that {account.name} wishes")


def _order(evidence: Evidence) -> Iterator[Violation]:
    """Over one connection each topic comes in the order of the log, and nothing comes twice.

    Whoever was told that the log began anew may be shown again what had come of its new life before that was known.
    So may who left a topic, by another that it follows and that had not come so far.
    """
    for account in evidence.accounts:
        for line in account.lines.values():
            topics: defaultdict[tuple[Topic, int], list[Stored]] = defaultdict(list)
            for heard in line.heard:
                if stored := evidence.stored.get(heard.marker):
                    topics[heard.topic, _lives(account, heard)].append(stored)
            for before, after in (pair for some in topics.values() for pair in pairwise(some)):
                if after.place <= before.place:
                    shown = sum(heard.marker == after.marker for heard in line.heard)
                    verdict = Verdict.SHOWN_TWICE if shown > 1 else Verdict.REORDERED
                    yield Violation(verdict, f"{account.name} was shown {after} after {before}")


def _repeats(evidence: Evidence) -> Iterator[Violation]:
    """What lies before the place from which a listener goes on is not shown again."""
    for account in evidence.accounts:
        known: set[str] = set()
        for line in account.lines.values():
            for heard in line.heard:
                stood = [place for topic, place in line.stood.items() if matches(topic, heard.topic)]
                stored = evidence.stored.get(heard.marker)
                if stored and heard.marker in known and stood and stored.place <= min(stood):
                    yield Violation(Verdict.SHOWN_TWICE, f"{heard} though it goes on from {min(stood)}")
            known.update(heard.marker for heard in line.heard)


def _debts(evidence: Evidence) -> Iterator[Violation]:
    """Whatever is owed was shown, or the listener was told that something is missing."""
    for account in evidence.accounts:
        for stored in evidence.stored.values():
            is_due = any(debt.covers(stored) for debt in account.debts.values())
            is_told = account.has_heard(stored.marker) or account.is_told_of(stored)
            if is_due and not is_told and not _may_be_silent(evidence, account, stored):
                yield Violation(Verdict.LOST, f"{stored} was never shown to {account.name}")


def _promptness(evidence: Evidence) -> Iterator[Violation]:
    """In calm weather whoever is connected hears what is said soon."""
    if (calmed := evidence.calmed) is None:
        return
    for stored in (stored for stored in evidence.stored.values() if stored.at >= calmed.at):
        for account in evidence.accounts:
            for line in account.lines.values():
                wait = _wait(account, line, stored)
                if wait > calmed.prompt:
                    yield Violation(Verdict.LATE, f"{stored} took {wait:.3f} s to reach {account.name}")


def _needless(evidence: Evidence) -> Iterator[Violation]:
    """In calm weather everybody goes on from where it stood; and nobody is told of gaps where nothing is lost."""
    calm = evidence.calmed.at if evidence.calmed else evidence.ended.at
    for account in evidence.accounts:
        for refusal in account.refusals:
            if refusal.at > calm and not _is_justified(evidence, refusal):
                yield Violation(Verdict.NEEDLESS, f"{account.name} had to begin anew: {refusal}")
        for gap in account.gaps:
            if gap.reason != "slow" and not evidence.losses:
                yield Violation(Verdict.NEEDLESS, f"{account.name} was told {gap}, and nothing was lost")


def _rest(evidence: Evidence) -> Iterator[Violation]:
    """Everything heals, everybody comes back, and of whoever has left nothing is kept."""
    ended = evidence.ended
    if evidence.calmed is None:
        yield Violation(Verdict.STUCK, "what broke did not heal")
    for name in ended.restless:
        yield Violation(Verdict.STUCK, f"{name} could not follow all that it wishes")
    for kept in ended.kept:
        yield Violation(Verdict.KEPT, kept)
    for error in ended.errors:
        yield Violation(Verdict.ERROR, error)


def _hearings(evidence: Evidence) -> Iterator[tuple[Account, Line, Heard]]:
    for account in evidence.accounts:
        for line in account.lines.values():
            for heard in line.heard:
                yield account, line, heard


def _lives(account: Account, heard: Heard) -> int:
    """Return how often by then a listener was told that the log of a topic began anew, or left the topic."""
    turns: list[Left | Gapped] = [*account.left, *(gap for gap in account.gaps if gap.reason == "epoch")]
    return sum(matches(turn.topic, heard.topic) for turn in turns if turn.at <= heard.at)


def _is_wanted(account: Account, stored: Stored) -> bool:
    return any(matches(topic, stored.topic) and kind in (None, stored.kind) for topic, kind in account.wishes.items())


def _may_be_silent(evidence: Evidence, account: Account, stored: Stored) -> bool:
    """Say whether a gateway missed a message that listener was at then, and went away before that was seen."""
    return any(
        line.gateway == drop.gateway
        and line.began <= drop.at + LOOKED_WITHIN
        and drop.at <= line.parted <= drop.at + LOOKED_WITHIN
        for drop in evidence.dropped.get(stored.place, ())
        for line in account.lines.values()
    )


def _is_justified(evidence: Evidence, refusal: Refusal) -> bool:
    """Say whether the log had lost something after the place where a listener stood."""
    if (stood := refusal.stood) is None:
        return False
    after = Place(stood.epoch, stood.seq + 1)
    return any(loss.at < refusal.at and loss.first > after for loss in evidence.losses)


def _wait(account: Account, line: Line, stored: Stored) -> float:
    """Return for how long a message was not shown over a connection on which it was due."""
    others = [other for other in account.lines.values() if other is not line]
    if any(heard.marker == stored.marker for other in others for heard in other.heard):
        return 0.0
    begins = [at for topic, at in line.ready.items() if (debt := account.debts.get(topic)) and debt.covers(stored)]
    if not begins or line.parted < stored.at or account.is_told_of(stored):
        return 0.0
    begin = max(stored.at, min(begins))
    shown = next((heard.at for heard in line.heard if heard.marker == stored.marker), line.parted)
    return shown - begin
