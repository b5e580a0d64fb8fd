"""A checker that cannot fail proves nothing: one bad history for each verdict, and a good one for none."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from notifications.domain.contact import Contact
from notifications.domain.jobs import Channel, Status
from notifications.domain.notification import UserKey
from tests.simulation.checker import check
from tests.simulation.deliveries import Deliveries, Line, Made
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
    Positioned,
    Restored,
    Synced,
    Welcomed,
)
from tests.simulation.person import Person
from tests.simulation.verdict import Verdict

ALICE, BOB = UserKey("acme", "alice"), UserKey("acme", "bob")
ONE, TWO, THREE, OTHER = (UUID(int=number) for number in range(1, 5))
PEOPLE = {ALICE: Person(Contact(), (), ()), BOB: Person(Contact(), (), ())}
DELIVERIES = Deliveries(
    copies={ONE: Made(ALICE, "m1"), TWO: Made(ALICE, "m2"), THREE: Made(ALICE, "m3")},
    lines={(id, Channel.WEBSOCKET): Line(Status.SENT, None) for id in (ONE, TWO, THREE)},
)
ELSEWHERE = {Verdict.NEEDLESS, Verdict.GIVEN_UP, Verdict.KEPT}
"""What only channels and topics break."""
LOG = (Entry(1, ONE, "m1"), Entry(2, TWO, "m2"), Entry(3), Entry(4, THREE, "m3"))


def asked(marker: str, *, expires: bool = False) -> Asked:
    return Asked(1.0, marker, "acme", ("alice",), key=f"key-{marker}", expires=expires)


def answered(marker: str, id: UUID, seq: int, at: float = 2.0) -> Answered:
    return Answered(at, marker, 201, (Copy(id, "alice", seq),))


def good() -> list[Event]:
    """Alice's phone sees a notification live, loses its socket, and catches up."""
    return [
        Welcomed(0.5, "phone", 0, recovered=False),
        asked("m1"),
        answered("m1", ONE, 1),
        Arrived(2.1, "phone", 1, 0, ONE, "m1"),
        asked("m2"),
        Answered(2.2, "m2", 503),
        asked("m2"),
        answered("m2", TWO, 2),
        Marked(2.3, ALICE, 3),
        Welcomed(3.0, "phone", 1, recovered=True),
        Arrived(3.1, "phone", 2, 1, TWO, "m2"),
        Arrived(3.2, "phone", 3, 2),
        Synced(3.3, "phone", 1, (2, 3), upto=3),
        Cleared(4.0),
        Calmed(10.0, prompt=0.9),
        asked("m3"),
        answered("m3", THREE, 4, at=11.0),
        Arrived(11.1, "phone", 4, 3, THREE, "m3"),
        Ended(20.0, {ALICE: LOG}, read={ONE: 2.3}, deliveries=DELIVERIES),
    ]


def judge(events: list[Event], **devices: UserKey) -> set[Verdict]:
    return {violation.verdict for violation in check(History({"phone": ALICE} | devices, PEOPLE, events))}


def without(kind: type[Event], seq: int) -> list[Event]:
    return [event for event in good() if not (isinstance(event, kind) and getattr(event, "seq", None) == seq)]


def changed(index: int, **fields: object) -> list[Event]:
    events = good()
    events[index] = replace(events[index], **fields)  # type: ignore[arg-type]
    return events


def inserted(index: int, *more: Event) -> list[Event]:
    events = good()
    return [*events[:index], *more, *events[index:]]


def sent_to_a_room() -> list[Event]:
    """The last notification is for a room in which Alice is."""
    events = changed(15, room="group:7")
    events[16] = Answered(11.0, "m3", 201)
    return events


def late() -> Event:
    return Arrived(12.0, "phone", 4, 3, THREE, "m3")


BAD: dict[str, tuple[Verdict, Callable[[], list[Event]]]] = {
    "accepted, but not in the log": (Verdict.LOST, lambda: changed(-1, logs={ALICE: LOG[:3]})),
    "read, but not in the log": (Verdict.LOST, lambda: changed(8, seq=9)),
    "in the log, but never shown": (Verdict.LOST, lambda: without(Arrived, 4)),
    "a change of read state never shown": (Verdict.LOST, lambda: changed(-1, logs={ALICE: (*LOG, Entry(5))})),
    "a good cursor refused": (Verdict.LOST, lambda: changed(9, recovered=False)),
    "missing in a sync": (Verdict.LOST, lambda: inserted(12, Synced(3.5, "phone", 0, (1, 3), upto=3))),
    "the same change twice": (Verdict.SHOWN_TWICE, lambda: inserted(4, Arrived(2.15, "phone", 1, 0, ONE, "m1"))),
    "the same notification under another number": (
        Verdict.SHOWN_TWICE,
        lambda: inserted(12, Arrived(3.3, "phone", 5, 3, ONE, "m1")),
    ),
    "two before one": (Verdict.REORDERED, lambda: [*good()[:10], good()[11], good()[10], *good()[12:]]),
    "a number whose predecessor never came": (Verdict.BROKEN_CHAIN, lambda: changed(11, prev=5)),
    "greeted at another position than presented": (Verdict.BROKEN_CHAIN, lambda: changed(9, seq=0)),
    "shown, but not in the log": (Verdict.PHANTOM, lambda: inserted(-1, Arrived(12.0, "phone", 5, 4, OTHER, "m4"))),
    "in the log, but refused": (
        Verdict.PHANTOM,
        lambda: [
            *good()[:-1],
            asked("m4"),
            Answered(12.0, "m4", 422),
            Arrived(12.0, "phone", 5, 4, OTHER, "m4"),
            Ended(20.0, {ALICE: (*LOG, Entry(5, OTHER, "m4"))}),
        ],
    ),
    "for somebody else": (Verdict.WRONG_RECIPIENT, lambda: changed(1, users=("bob",))),
    "for another tenant": (Verdict.WRONG_RECIPIENT, lambda: changed(1, tenant="evil")),
    "one key, two answers": (Verdict.TWINS_DIFFER, lambda: inserted(9, answered("m2", OTHER, 2))),
    "one message stored twice": (
        Verdict.TWINS_DIFFER,
        lambda: changed(-1, logs={ALICE: (*LOG, Entry(5, OTHER, "m3"))}),
    ),
    "an outbox row left": (Verdict.STUCK, lambda: changed(-1, outbox=1)),
    "a job left": (Verdict.STUCK, lambda: changed(-1, jobs=1)),
    "healed by the redrive alone": (Verdict.STUCK, lambda: changed(14, at=900.0)),
    "never healed": (Verdict.STUCK, lambda: [event for event in good() if not isinstance(event, Calmed)]),
    "a device that stays away": (Verdict.STUCK, lambda: changed(-1, parted=("phone",))),
    "a copy left that was held": (Verdict.STUCK, lambda: changed(-1, held=1)),
    "held, and never in the log": (
        Verdict.LOST,
        lambda: inserted(9, Answered(2.4, "m2", 201, (Copy(OTHER, "alice", None),))),
    ),
    "sent to a room, and a member has not got it": (
        Verdict.LOST,
        lambda: changed(1, room="group:7", users=("alice", "bob")),
    ),
    "a room left to be expanded": (Verdict.STUCK, lambda: changed(-1, rooms=1)),
    "slow in calm weather, to a room": (Verdict.LATE, lambda: [*sent_to_a_room()[:-2], late(), good()[-1]]),
    "before its time": (Verdict.EARLY, lambda: changed(1, due=60.0)),
    "slow in calm weather": (Verdict.LATE, lambda: changed(-2, at=12.0)),
    "an error that nobody expected": (Verdict.ERROR, lambda: changed(-1, errors=("KeyError: 1",))),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_judged(name: str) -> None:
    verdict, make = BAD[name]
    assert verdict in judge(make())


def test_every_verdict_has_a_bad_history() -> None:
    assert {verdict for verdict, _ in BAD.values()} == set(Verdict) - ELSEWHERE


def test_a_good_history_is_not_judged() -> None:
    assert judge(good()) == set()


def test_a_good_history_of_a_room_is_not_judged() -> None:
    assert judge(sent_to_a_room()) == set()


def test_a_history_without_an_end_is_no_history() -> None:
    with pytest.raises(ValueError, match="must end"):
        judge(good()[:-1])


def test_what_expired_need_not_be_shown() -> None:
    events = without(Arrived, 4)
    events[15] = asked("m3", expires=True)
    assert judge(events) == set()


def test_a_position_may_pass_over_what_expired() -> None:
    events = without(Arrived, 2)
    events[4] = asked("m2", expires=True)
    events[6] = asked("m2", expires=True)
    assert judge([*events[:10], Positioned(3.15, "phone", 2), *events[10:]]) == set()


def test_what_a_restore_took_back_was_not_promised() -> None:
    restored: list[Event] = [Restored(4.0), Welcomed(4.5, "phone", 1, recovered=False)]
    events = [*good()[:13], *restored, Ended(20.0, {ALICE: LOG[:1]})]
    assert judge(events) == set()


def test_what_was_held_in_a_backup_may_be_shown_again() -> None:
    again: list[Event] = [
        Restored(4.0),
        Welcomed(4.5, "phone", 0, recovered=False),
        Arrived(5.0, "phone", 1, 0, ONE, "m1"),
    ]
    ended = Ended(20.0, {ALICE: (Entry(1, ONE, "m1"),)})
    assert judge([*good()[:13], *again, Cleared(6.0), Calmed(7.0, prompt=0.9), ended]) == set()


def test_what_was_unread_before_the_first_greeting_is_listed() -> None:
    late: list[Event] = [Welcomed(12.0, "tablet", 4, recovered=False), Listed(12.0, "tablet", (TWO, THREE))]
    assert judge([*good()[:-1], *late, good()[-1]], tablet=ALICE) == set()
    assert judge([*good()[:-1], *late[:1], good()[-1]], tablet=ALICE) == {Verdict.LOST}
