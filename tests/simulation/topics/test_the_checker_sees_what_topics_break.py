"""A checker that cannot fail proves nothing: one bad history for each verdict, and a good one for none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from notifications.domain.topics import Topic
from tests.simulation.topics.checker import check
from tests.simulation.topics.history import (
    Calmed,
    Dropped,
    Ended,
    Event,
    Followed,
    Gapped,
    Heard,
    Lost,
    Parted,
    Place,
    Said,
    Stored,
    TopicHistory,
    Welcomed,
)
from tests.simulation.verdict import Verdict

NEWS, OTHERS = Topic("acme", ("news", "eu", "a")), Topic("evil", ("news", "eu", "a"))
ALICE = "alice"


def stored(seq: int, at: float, topic: Topic = NEWS) -> Stored:
    return Stored(at, Place(1, seq), topic, f"m{seq}", "odd")


def heard(seq: int, at: float, line: str = "first") -> Heard:
    return Heard(at, ALICE, line, NEWS, seq, f"m{seq}")


def good() -> list[Event]:
    """Alice hears two messages, loses her line, comes back to where she stood, and hears the third that she missed."""
    return [
        Welcomed(1.0, ALICE, "first", 1, is_stock=True),
        Followed(1.1, ALICE, "first", NEWS, "odd"),
        stored(1, 2.0),
        Said(2.1, "m1", 1),
        heard(1, 2.2),
        stored(2, 3.0),
        heard(2, 3.1),
        Parted(4.0, ALICE, "first"),
        stored(3, 5.0),
        Welcomed(6.0, ALICE, "second", 2, is_stock=True, stood=Place(1, 2), recovered=True),
        heard(3, 6.1, "second"),
        Calmed(7.0, prompt=1.0),
        stored(4, 8.0),
        heard(4, 8.1, "second"),
        Ended(20.0),
    ]


def judge(events: list[Event]) -> set[Verdict]:
    return {violation.verdict for violation in check(TopicHistory(events))}


def without(event: Event) -> Callable[[list[Event]], None]:
    return lambda events: events.remove(event)


def insert(*more: Event) -> Callable[[list[Event]], None]:
    def put(events: list[Event]) -> None:
        events[-1:-1] = more

    return put


def change(event: Event, **fields: object) -> Callable[[list[Event]], None]:
    def put(events: list[Event]) -> None:
        events[events.index(event)] = replace(event, **fields)  # type: ignore[arg-type]

    return put


BAD = {
    "a message is missing": (Verdict.LOST, without(heard(2, 3.1))),
    "what was missed is not replayed": (Verdict.LOST, without(heard(3, 6.1, "second"))),
    "an answer is wrong": (Verdict.LOST, change(Said(2.1, "m1", 1), seq=9)),
    "a message comes twice": (Verdict.SHOWN_TWICE, insert(heard(4, 8.2, "second"))),
    "what lies before the place is shown again": (Verdict.SHOWN_TWICE, insert(heard(2, 6.05, "second"))),
    "an older one comes later": (Verdict.REORDERED, change(heard(1, 2.2), seq=2, marker="m2")),
    "nobody said it": (Verdict.PHANTOM, insert(replace(heard(4, 9.0, "second"), marker="m9"))),
    "it is of another tenant": (Verdict.WRONG_RECIPIENT, change(stored(4, 8.0), topic=OTHERS)),
    "it is of another kind": (Verdict.NEEDLESS, change(stored(4, 8.0), kind="even")),
    "nothing is lost and a gap is told": (Verdict.NEEDLESS, insert(Gapped(9.0, ALICE, NEWS, "lost"))),
    "it takes too long": (Verdict.LATE, change(heard(4, 8.1, "second"), at=9.5)),
    "it does not heal": (Verdict.STUCK, without(Calmed(7.0, prompt=1.0))),
    "somebody cannot come back": (Verdict.STUCK, change(Ended(20.0), restless=(ALICE,))),
    "something is kept": (Verdict.KEPT, change(Ended(20.0), kept=("an interest",))),
    "something failed": (Verdict.ERROR, change(Ended(20.0), errors=("a bug",))),
}


def test_a_good_history_has_no_violation() -> None:
    assert judge(good()) == set()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_seen(name: str) -> None:
    verdict, spoil = BAD[name]
    events = good()
    spoil(events)
    if name == "an older one comes later":
        events[events.index(heard(2, 3.1))] = heard(1, 3.1)
    assert verdict in judge(events)


def test_what_is_missing_may_be_told_by_a_gap() -> None:
    events = [event for event in good() if event != heard(2, 3.1)]
    events.insert(6, Gapped(3.5, ALICE, NEWS, "lost"))
    events.insert(6, Lost(3.4, Place(1, 3)))
    assert judge(events) == set()


def test_what_nats_lost_may_be_missed_by_who_went_away_before_it_was_seen() -> None:
    events = [event for event in good() if event != heard(2, 3.1)]
    events.insert(6, Dropped(3.0, 1, Place(1, 2)))
    assert judge(events) == set()
    assert judge([replace(event, gateway=9) if isinstance(event, Dropped) else event for event in events]) == {
        Verdict.LOST
    }
