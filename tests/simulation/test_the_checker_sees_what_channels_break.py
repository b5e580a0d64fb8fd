"""The same for mail, push, webhooks, digests and dead letters: one bad history for each promise, and a good one."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from notifications.domain.contact import Contact
from notifications.domain.jobs import Channel, Status
from notifications.domain.notification import UserKey
from notifications.domain.preferences import Entry as Wish
from notifications.domain.push import Device, DeviceKind
from tests.simulation.channels import shorten
from tests.simulation.checker import check
from tests.simulation.deliveries import Deliveries, Line, Made, Window
from tests.simulation.history import (
    Answered,
    Asked,
    Calmed,
    Cleared,
    Copy,
    Ended,
    Entry,
    Event,
    HandedOut,
    History,
    Refused,
    Retried,
    Settled,
    TakenBack,
    Took,
)
from tests.simulation.person import DAILY, DISABLED, MIDNIGHT, QUIET, Person
from tests.simulation.verdict import Verdict

ALICE, BOB = UserKey("acme", "alice"), UserKey("acme", "bob")
ONE, TWO, DIGEST, PHONE = (UUID(int=number) for number in range(1, 5))
MAIL, PUSH, TOLD, INBOX = (
    (ONE, Channel.EMAIL),
    (ONE, Channel.PUSH),
    (DIGEST, Channel.EMAIL),
    (ONE, Channel.WEBSOCKET),
)
JOB = f"{ONE}:email"
CARD = Contact(email="alice@acme.example")
ALICE_WISHES = Person(CARD, (Device(PHONE, ALICE, DeviceKind.FCM, "token"),), ())
BOB_WISHES = Person(Contact(email="bob@acme.example"), (), (Wish("*", Channel.EMAIL, DAILY),))
DELIVERIES = Deliveries(
    copies={ONE: Made(ALICE, "m1"), TWO: Made(BOB, "m2")},
    lines={
        INBOX: Line(Status.OFFLINE, None),
        MAIL: Line(Status.SENT, None),
        PUSH: Line(Status.SENT, None),
        (TWO, Channel.WEBSOCKET): Line(Status.SENT, None),
        (TWO, Channel.EMAIL): Line(Status.DIGESTED, None),
        TOLD: Line(Status.SENT, None),
    },
    digests=(Window(TOLD, BOB, MIDNIGHT, (TWO,)),),
    waking={ALICE: (PHONE,)},
)


def settled(at: float, state: Status, reason: str | None = None, *, attempts: int = 1, buried: bool = False) -> Settled:
    return Settled(at, JOB, MAIL, state, reason, state is not Status.RETRYING, attempts, buried)


def took_mail(**fields: object) -> Took:
    return replace(Took(8.0, MAIL, ALICE, (shorten(ONE),), since=7.9), **fields)  # type: ignore[arg-type]


def took_digest(**fields: object) -> Took:
    return replace(Took(21.0, TOLD, BOB, (shorten(TWO),), since=20.9), **fields)  # type: ignore[arg-type]


def good() -> list[Event]:
    """Alice's mail is given up, tried again and sent; her phone is woken; Bob has his digest at midnight."""
    return [
        Asked(1.0, "m1", "acme", ("alice",), channels=tuple(Channel)[:3]),
        Answered(2.0, "m1", 201, (Copy(ONE, "alice", 1),)),
        Asked(1.0, "m2", "acme", ("bob",)),
        Answered(2.0, "m2", 201, (Copy(TWO, "bob", 1),)),
        HandedOut(2.5, JOB),
        settled(3.0, Status.RETRYING, attempts=2),
        HandedOut(5.0, JOB),
        settled(6.0, Status.DEAD, "away", attempts=3, buried=True),
        Retried(7.0, 6.9, MAIL),
        took_mail(),
        settled(9.0, Status.SENT),
        Took(9.0, PUSH, ALICE, (shorten(ONE),), since=8.9, device=PHONE),
        took_digest(),
        Cleared(25.0),
        Calmed(33.0, prompt=0.9),
        Ended(40.0, {ALICE: (Entry(1, ONE, "m1"),), BOB: (Entry(1, TWO, "m2"),)}, deliveries=replace(DELIVERIES)),
    ]


def judge(events: list[Event], alice: Person = ALICE_WISHES) -> set[Verdict]:
    return {violation.verdict for violation in check(History({}, {ALICE: alice, BOB: BOB_WISHES}, events))}


def without(event: Event) -> list[Event]:
    assert event in good()
    return [each for each in good() if each != event]


def instead(event: Event, *others: Event) -> list[Event]:
    assert event in good()
    return [new for each in good() for new in (others if each == event else (each,))]


def ended(read: dict[UUID, float] | None = None, **fields: object) -> list[Event]:
    deliveries = replace(DELIVERIES, **fields)  # type: ignore[arg-type]
    return [*good()[:-1], replace(good()[-1], deliveries=deliveries, read=read or {})]  # type: ignore[arg-type]


def lined(key: tuple[UUID, Channel], line: Line | None) -> list[Event]:
    lines = {known: old for known, old in DELIVERIES.lines.items() if known != key}
    return ended(lines=lines if line is None else lines | {key: line})


BAD: dict[str, tuple[Verdict, Callable[[], list[Event]]]] = {
    "accepted, and unknown": (Verdict.LOST, lambda: ended(copies={TWO: Made(BOB, "m2")})),
    "two copies for one recipient": (
        Verdict.TWINS_DIFFER,
        lambda: ended(copies=DELIVERIES.copies | {DIGEST: Made(ALICE, "m1")}),
    ),
    "a copy for nobody who was named": (
        Verdict.WRONG_RECIPIENT,
        lambda: ended(copies=DELIVERIES.copies | {DIGEST: Made(BOB, "m1")}),
    ),
    "a member of the room without a copy": (
        Verdict.LOST,
        lambda: [sent_to_the_room(), Answered(2.0, "m1", 201), *good()[2:]],
    ),
    "no outcome on a channel that was named": (Verdict.LOST, lambda: lined(MAIL, None)),
    "no push though nobody took it on a socket": (Verdict.LOST, lambda: lined(PUSH, None)),
    "sent, and nobody took it": (Verdict.LOST, lambda: without(took_mail())),
    "pushed, but not to every device": (Verdict.LOST, lambda: ended(waking={ALICE: (PHONE, TWO)})),
    "skipped as read, and unread": (Verdict.LOST, lambda: lined(MAIL, Line(Status.SKIPPED, "read meanwhile"))),
    "skipped as seen, and unseen": (Verdict.LOST, lambda: lined(PUSH, Line(Status.SKIPPED, "seen on a socket"))),
    "skipped for nothing": (Verdict.LOST, lambda: lined(MAIL, Line(Status.SKIPPED, "no time"))),
    "gone, though it never ends": (Verdict.LOST, lambda: lined(MAIL, Line(Status.GONE, None))),
    "still waiting": (Verdict.STUCK, lambda: lined(MAIL, Line(Status.RETRYING, None))),
    "a mail of nothing": (Verdict.PHANTOM, lambda: instead(took_mail(), took_mail(key=(PHONE, Channel.EMAIL)))),
    "a mail under another name": (Verdict.TWINS_DIFFER, lambda: instead(took_mail(), took_mail(tells=("x",)))),
    "a mail to somebody else": (Verdict.WRONG_RECIPIENT, lambda: instead(took_mail(), took_mail(to=BOB))),
    "a mail on the strength of an old outcome": (Verdict.NEEDLESS, lambda: instead(took_mail(), took_mail(since=9.5))),
    "a mail of what was read": (Verdict.NEEDLESS, lambda: ended(read={ONE: 7.0})),
    "a mail of what was taken back": (Verdict.NEEDLESS, lambda: [*good()[:5], taken_back(), *good()[5:]]),
    "a push message of what was seen": (Verdict.NEEDLESS, lambda: ended(delivered={ONE: 8.0})),
    "before its time": (Verdict.EARLY, lambda: [replace(good()[0], due=15.0), *good()[1:]]),  # type: ignore[arg-type]
    "given up after two attempts": (Verdict.GIVEN_UP, lambda: died("away", attempts=2)),
    "given up as poison, and handed out in order": (Verdict.GIVEN_UP, lambda: died("handed out 4 times")),
    "given up without a letter": (Verdict.LOST, lambda: died("away", attempts=3, buried=False)),
    "a letter of what was sent": (Verdict.PHANTOM, lambda: ended(dead=(MAIL,))),
    "a letter retried to no effect": (Verdict.LOST, lambda: without(settled(9.0, Status.SENT))),
    "a dead device that is not forgotten": (
        Verdict.STUCK,
        lambda: [*good()[:-1], refused(), good()[-1]],
    ),
    "collected, and in no digest": (Verdict.LOST, lambda: ended(digests=(Window(TOLD, BOB, MIDNIGHT, ()),))),
    "collected twice": (Verdict.TWINS_DIFFER, lambda: ended(digests=(Window(TOLD, BOB, MIDNIGHT, (TWO, TWO)),))),
    "two digests for one hour": (
        Verdict.TWINS_DIFFER,
        lambda: ended(digests=(*DELIVERIES.digests, Window((PHONE, Channel.EMAIL), BOB, MIDNIGHT, ()))),
    ),
    "a digest that nobody took": (Verdict.LOST, lambda: without(took_digest())),
    "a digest that leaves something out": (Verdict.LOST, lambda: instead(took_digest(), took_digest(tells=()))),
    "a digest that tells of something else": (
        Verdict.PHANTOM,
        lambda: instead(took_digest(), took_digest(tells=(shorten(TWO), shorten(ONE)))),
    ),
    "a digest before its hour": (Verdict.EARLY, lambda: instead(took_digest(), took_digest(at=10.0))),
    "a digest that stays": (Verdict.STUCK, lambda: lined(TOLD, Line(Status.RETRYING, None))),
}


def sent_to_the_room() -> Asked:
    return Asked(1.0, "m1", "acme", ("alice", "bob"), room="group:all", channels=(Channel.EMAIL, Channel.PUSH))


def refused() -> Refused:
    return Refused(30.0, PUSH, PHONE, is_dead=True)


def taken_back() -> TakenBack:
    return TakenBack(5.0, "m1", is_done=True)


def died(reason: str, *, attempts: int = 1, buried: bool = True) -> list[Event]:
    event = settled(6.0, Status.DEAD, "away", attempts=3, buried=True)
    return instead(event, settled(6.0, Status.DEAD, reason, attempts=attempts, buried=buried))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_judged(name: str) -> None:
    verdict, make = BAD[name]
    assert verdict in judge(make())


def test_a_good_history_is_not_judged() -> None:
    assert judge(good()) == set()


@pytest.mark.parametrize(("wish", "verdict"), [(QUIET, Verdict.EARLY), (DISABLED, Verdict.NEEDLESS)])
def test_a_mail_against_the_wishes_of_its_recipient_is_judged(wish: object, verdict: Verdict) -> None:
    alice = Person(CARD, ALICE_WISHES.waking, (Wish("*", Channel.EMAIL, wish),))  # type: ignore[arg-type]
    assert judge(good(), alice) == {verdict}


def test_what_bypasses_every_wish_may_be_mailed() -> None:
    alice = Person(CARD, ALICE_WISHES.waking, (Wish("*", Channel.EMAIL, QUIET),))
    assert judge([replace(good()[0], bypasses=True), *good()[1:]], alice) == set()  # type: ignore[arg-type]


def test_a_mail_that_was_on_its_way_when_it_was_read_is_excused() -> None:
    assert judge(ended(read={ONE: 8.95})) == set()


def test_poison_is_given_up() -> None:
    handed_out = [HandedOut(4.0, JOB), HandedOut(4.5, JOB)]
    assert judge([*handed_out, *died("handed out 4 times")]) == set()
