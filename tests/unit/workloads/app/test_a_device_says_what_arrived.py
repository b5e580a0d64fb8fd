"""What is written to a socket counts as delivered, until its device says by itself what has arrived."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.store import MemoryStore
from notifications.app.hub import Arrival, Hub
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor, encode
from notifications.domain.errors import Invalid
from notifications.domain.inbox import InboxEvent
from notifications.domain.limits import MAX_UNACKNOWLEDGED
from tests.unit.workloads.app.world import MemorySocket, Reports, in_virtual_time, principal, store_with


def event(seq: int) -> InboxEvent:
    return InboxEvent("notification", seq, seq - 1, f'{{"seq":{seq}}}', UUID(int=seq))


def with_session(work: Callable[[Session, Reports], Awaitable[None]], inbox: int = 0, at: int = 0) -> list[int]:
    """Run with a session of a recovered device; return what counts as delivered, by the numbers in `event`."""

    async def run() -> list[int]:
        reports = Reports()
        hub = Hub("gateway-0", await store_with(inbox), MemoryInboxBus(), reports, Tasks())
        session = await hub.join(Arrival(MemorySocket(), principal(), encode(Cursor(1, at))))
        await asyncio.sleep(0.1)
        await work(session, reports)
        return [id.int for id in reports.delivered_ids]

    return in_virtual_time(run)


def test_of_a_device_that_never_acknowledges_all_that_is_sent_counts() -> None:
    async def work(session: Session, _: Reports) -> None:
        for seq in (1, 2, 3):
            session.offer(event(seq))

    assert with_session(work) == [1, 2, 3]


def test_after_its_first_acknowledgement_only_what_it_acknowledges_counts() -> None:
    async def work(session: Session, reports: Reports) -> None:
        session.offer(event(1))
        session.acknowledge(Cursor(1, 1))
        for seq in (2, 3, 4):
            session.offer(event(seq))
        assert [id.int for id in reports.delivered_ids] == [1]
        session.acknowledge(Cursor(1, 3))
        assert reports.events == [1, 2, 3, 4]

    assert with_session(work) == [1, 2, 3]


def test_who_acknowledges_the_greeting_and_falls_silent_is_given_nothing_for_delivered() -> None:
    async def work(session: Session, _: Reports) -> None:
        session.acknowledge(Cursor(1, 0))
        for seq in (1, 2):
            session.offer(event(seq))
        session.end()

    assert with_session(work) == []


def test_acknowledging_twice_or_back_counts_nothing_twice() -> None:
    async def work(session: Session, _: Reports) -> None:
        session.acknowledge(Cursor(1, 0))
        for seq in (1, 2):
            session.offer(event(seq))
        for seq in (2, 2, 1, 0):
            session.acknowledge(Cursor(1, seq))

    assert with_session(work) == [1, 2]


def test_what_was_acknowledged_before_it_came_as_an_event_counts_when_it_comes() -> None:
    async def work(session: Session, _: Reports) -> None:
        session.acknowledge(Cursor(1, 2))
        for seq in (1, 2, 3):
            session.offer(event(seq))

    assert with_session(work) == [1, 2]


def test_a_change_of_read_state_is_nothing_that_is_delivered() -> None:
    async def work(session: Session, _: Reports) -> None:
        session.acknowledge(Cursor(1, 0))
        session.offer(InboxEvent("notification:changed", 1, 0, '{"seq":1}'))
        session.acknowledge(Cursor(1, 1))

    assert with_session(work) == []


def test_a_cursor_of_another_inbox_is_invalid_and_changes_nothing() -> None:
    async def work(session: Session, _: Reports) -> None:
        with pytest.raises(Invalid):
            session.acknowledge(Cursor(2, 0))
        session.offer(event(1))

    assert with_session(work) == [1], "it has not acknowledged anything, so it counts as a device that never does"


def test_a_silent_device_is_remembered_up_to_a_bound() -> None:
    async def work(session: Session, reports: Reports) -> None:
        session.acknowledge(Cursor(1, 0))
        last = MAX_UNACKNOWLEDGED + 10
        for seq in range(1, last + 1):
            session.offer(event(seq))
        session.acknowledge(Cursor(1, last))
        assert [id.int for id in reports.delivered_ids] == list(range(11, last + 1))

    with_session(work)


@pytest.mark.parametrize(("acknowledged", "delivered"), [(2, 0), (3, 3)])
def test_what_was_shown_as_pending_is_acknowledged_by_the_cursor_of_the_greeting(
    acknowledged: int, delivered: int
) -> None:
    async def work() -> tuple[int, int]:
        store: MemoryStore = await store_with(3)
        reports = Reports()
        hub = Hub("gateway-0", store, MemoryInboxBus(), reports, Tasks())
        session = await hub.join(Arrival(MemorySocket(), principal(), None))
        await asyncio.sleep(0.1)
        before = len(reports.delivered_ids)
        session.acknowledge(Cursor(1, acknowledged))
        return before, len(reports.delivered_ids)

    assert in_virtual_time(work) == (0, delivered)
