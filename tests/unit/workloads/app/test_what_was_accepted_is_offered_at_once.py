"""What is accepted is offered from where it was accepted; the queues get the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.rows import Logged
from notifications.adapters.memory.store import MemoryStore
from notifications.app import direct
from notifications.app.direct import DirectOffers, Reach
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Channel, Job, Outcome, Status
from notifications.domain.notification import Priority, UserKey
from notifications.domain.submission import Accepted, Committed, Submission, jobs_of
from tests.unit.workloads.app.world import BOB, clock, in_virtual_time, submission

SETTLED = 1.0
"""Seconds by which all is written down that ever will be."""


class Bus(MemoryInboxBus):
    """A bus that can be away, or know somebody who never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.mute: UserKey | None = None
        self.sizes: list[int] = []

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        self.sizes.append(len(offers))
        if self.away:
            raise Unavailable("no NATS")
        taken = await super().offer_each(offers)
        return [None if owner == self.mute else took for (owner, _), took in zip(offers, taken, strict=True)]


class Near:
    """The sockets of one gateway: bob's."""

    def __init__(self) -> None:
        self.heard: list[InboxEvent] = []

    def holds(self, owner: UserKey) -> bool:
        return owner == BOB

    def offer(self, owner: UserKey, event: InboxEvent) -> None:
        assert owner == BOB
        self.heard.append(event)


@dataclass
class Office:
    """Offers on memory adapters."""

    store: MemoryStore = field(default_factory=lambda: MemoryStore(clock))
    bus: Bus = field(default_factory=Bus)
    near: Near = field(default_factory=lambda: Near())
    is_alone: bool = False
    relayed: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        reach = Reach(self.bus, self.near, lambda: self.is_alone)
        self.offers = DirectOffers(reach, self.store.outbox, self.relayed.extend, clock, Tasks())

    async def accept(self, *submissions: Submission) -> None:
        """Commit, and pass on as the acceptor does."""
        accepted = await self.store.accept(submissions)
        placed = [answer.placed for answer in accepted if isinstance(answer, Accepted)]
        self.offers.start([Committed(*each) for each in zip(submissions, placed, strict=True)])
        await asyncio.sleep(SETTLED)

    @property
    def log(self) -> list[Logged]:
        """The delivery log, in the order in which it was written."""
        return list(self.store.outbox.deliveries.values())

    @property
    def waiting(self) -> set[UUID]:
        """Whose jobs are not settled."""
        return {notification for notification, _ in self.store.outbox.rows}


def says(request: Submission, **changes: object) -> Submission:
    """Return a request with another message."""
    return replace(request, message=replace(request.message, **changes))  # type: ignore[arg-type]


def in_office(work: Callable[[Office], Awaitable[None]]) -> Office:
    """Have work done in a fresh office."""

    async def run() -> Office:
        office = Office()
        await work(office)
        return office

    return in_virtual_time(run)


def test_an_event_reaches_its_recipient_without_a_queue() -> None:
    heard: list[InboxEvent] = []

    async def work(office: Office) -> None:
        await office.bus.subscribe(BOB, heard.append)
        await office.accept(submission(), submission())

    office = in_office(work)
    assert [event.seq for event in heard] == [1, 2]
    assert not office.relayed
    assert [line.state for line in office.log] == [Status.SENT] * 2


def test_it_is_the_event_that_a_worker_would_offer() -> None:
    heard: list[InboxEvent] = []

    async def work() -> list[InboxEvent]:
        office, request = Office(), says(submission(), content='"quoted" ☃\n', metadata='{"a": [1, null]}')
        await office.bus.subscribe(BOB, heard.append)
        (accepted,) = await office.store.accept([request])
        assert isinstance(accepted, Accepted)
        by_worker = await office.store.outbox.events(jobs_of(request))
        office.offers.start([Committed(request, accepted.placed)])
        await asyncio.sleep(SETTLED)
        return list(by_worker.values())

    assert in_virtual_time(work) == heard


def test_what_became_of_an_offer_is_written_down_and_no_job_is_left() -> None:
    async def work(office: Office) -> None:
        office.bus.mute = UserKey("demo", "mute")
        await office.bus.subscribe(BOB, lambda _: None)
        await office.accept(submission("bob", "absent", "mute"))

    office = in_office(work)
    assert [(line.state, line.reason) for line in office.log] == [
        (Status.SENT, None),
        (Status.OFFLINE, None),
        (Status.OFFLINE, "no gateway answered"),
    ]
    assert not office.waiting


def test_what_has_low_priority_waits_in_its_queue() -> None:
    async def work(office: Office) -> None:
        await office.accept(says(submission("bob", "carol"), priority=Priority.LOW))

    office = in_office(work)
    assert [job.owner.user for job in office.relayed] == ["bob", "carol"]
    assert office.waiting == {job.notification for job in office.relayed}
    assert not office.bus.sizes


def test_other_channels_have_their_queues() -> None:
    async def work(office: Office) -> None:
        await office.accept(replace(submission(), channels=frozenset(Channel)))

    office = in_office(work)
    assert {job.channel for job in office.relayed} == {Channel.EMAIL, Channel.WEBHOOK}, "push follows when it is due"
    assert [line.channel for line in office.log] == [Channel.WEBSOCKET]


def test_what_is_shown_later_is_not_offered_now() -> None:
    async def work(office: Office) -> None:
        request = submission()
        await office.accept(replace(request, send_at=request.created_at.replace(year=2027)))

    office = in_office(work)
    assert not office.bus.sizes
    assert not office.relayed


def test_what_is_too_much_at_once_goes_to_the_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_OFFERS", 3)

    async def work(office: Office) -> None:
        await office.accept(submission("a", "b"), submission("c", "d"))

    office = in_office(work)
    assert office.bus.sizes == [2]
    assert [job.owner.user for job in office.relayed] == ["c", "d"]


def test_what_expired_before_its_commit_is_left_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_OFFERS", 1)

    async def work(office: Office) -> None:
        now = clock()
        await asyncio.sleep(2)
        await office.accept(says(submission(), expires_at=now + timedelta(seconds=1)))
        assert len(office.waiting) == 1
        await office.accept(says(submission(), expires_at=clock() + timedelta(seconds=1)))

    office = in_office(work)
    assert office.bus.sizes == [1], "nobody is asked about what has expired"
    assert len(office.waiting) == 1
    assert len(office.log) == 1


def test_outcomes_of_a_crowd_are_written_in_groups_and_one_that_fails_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(direct, "EVENTS_AT_ONCE", 4)

    async def work(office: Office) -> None:
        settle = office.store.outbox.settle

        async def fail_once(outcomes: Sequence[Outcome]) -> None:
            monkeypatch.setattr(office.store.outbox, "settle", settle)
            raise Unavailable("a row is locked")

        monkeypatch.setattr(office.store.outbox, "settle", fail_once)
        await office.accept(submission(*(f"user-{number}" for number in range(10))))

    office = in_office(work)
    assert len(office.waiting) == 4


def test_a_crowd_is_offered_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "OFFERS_AT_ONCE", 4)

    async def work(office: Office) -> None:
        await office.accept(submission(*(f"user-{number}" for number in range(10))))

    office = in_office(work)
    assert office.bus.sizes == [4, 4, 2]
    assert not office.waiting


def test_while_the_bus_is_away_the_jobs_are_left_to_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_OFFERS", 1)

    async def work(office: Office) -> None:
        office.bus.away = True
        await office.accept(submission())
        assert len(office.waiting) == 1
        office.bus.away = False
        await office.accept(submission())

    office = in_office(work)
    assert len(office.waiting) == 1, "the second one found room: what the bus did not take is not under way"
    assert len(office.log) == 1


def test_an_outcome_that_cannot_be_written_is_left_to_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_OFFERS", 1)

    async def work(office: Office) -> None:
        settle = office.store.outbox.settle

        async def fail(outcomes: Sequence[Outcome]) -> None:
            raise Unavailable("no database")

        monkeypatch.setattr(office.store.outbox, "settle", fail)
        await office.accept(submission())
        assert len(office.waiting) == 1
        monkeypatch.setattr(office.store.outbox, "settle", settle)
        await office.accept(submission())

    office = in_office(work)
    assert len(office.waiting) == 1
    assert len(office.log) == 1


def test_a_gateway_that_is_alone_asks_nobody_who_holds_a_recipient() -> None:
    async def work(office: Office) -> None:
        office.is_alone = True
        await office.accept(submission("absent", "bob"), submission("bob"))

    office = in_office(work)
    assert [event.seq for event in office.near.heard] == [1, 2]
    assert [line.state for line in office.log] == [Status.OFFLINE, Status.SENT, Status.SENT]
    assert not office.bus.sizes
    assert not office.waiting


def test_a_gateway_that_is_not_alone_asks_all_of_them() -> None:
    office = in_office(lambda office: office.accept(submission("bob")))
    assert office.bus.sizes == [1]
    assert not office.near.heard
