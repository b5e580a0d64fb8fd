"""A session is brought up to date, stays live, and catches up after anything that broke the order."""

import asyncio

from notifications.adapters.memory.store import MemoryStore
from notifications.app.reader import InboxReader
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent, InboxPage
from notifications.domain.limits import HELD_EVENTS
from notifications.domain.notification import UserKey
from notifications.domain.submission import Submission
from tests.unit.workloads.app.world import (
    BOB,
    MemorySocket,
    Reports,
    in_virtual_time,
    principal,
    store_with,
    submission,
)


def event(seq: int) -> InboxEvent:
    return InboxEvent("notification", seq, seq - 1, f'{{"seq":{seq}}}')


async def begun(store: MemoryStore, socket: MemorySocket, at: int) -> Session:
    session = Session(socket, principal(), InboxReader(store), Reports(), Tasks())
    session.begin(Cursor(1, at))
    await asyncio.sleep(0.1)
    return session


def test_it_begins_by_reading_what_came_after_the_cursor() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        await begun(await store_with(450), socket, at=3)
        return socket.seqs()

    assert in_virtual_time(work) == list(range(4, 451))


def test_a_live_event_is_sent_at_once_and_an_old_one_dropped() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        session = await begun(await store_with(2), socket, at=2)
        for seq in (3, 3, 1, 4):
            session.offer(event(seq))
        return socket.seqs()

    assert in_virtual_time(work) == [3, 4]


def test_a_gap_is_read_from_the_inbox_before_what_came_after_it() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        store = await store_with(5)
        session = await begun(store, socket, at=5)
        await store.accept(more(3))
        session.offer(event(8))
        await asyncio.sleep(0.1)
        return socket.seqs()

    assert in_virtual_time(work) == [6, 7, 8]


def test_events_that_arrive_while_it_reads_follow_what_was_read() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        store = SlowReads(await store_with(5))
        session = await begun(store, socket, at=0)
        session.offer(event(6))
        session.offer(event(7))
        await asyncio.sleep(5)
        return socket.seqs()

    assert in_virtual_time(work) == [1, 2, 3, 4, 5, 6, 7]


def test_more_events_than_it_can_hold_make_it_read_again() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        store = SlowReads(await store_with(0))
        session = await begun(store, socket, at=0)
        await store.inner.accept(more(HELD_EVENTS + 50))
        for seq in range(1, HELD_EVENTS + 51):
            session.offer(event(seq))
        await asyncio.sleep(10)
        return socket.seqs()

    assert in_virtual_time(work) == list(range(1, HELD_EVENTS + 51))


def test_a_full_socket_is_resumed_where_it_stopped() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        store = await store_with(1)
        session = await begun(store, socket, at=1)
        socket.room.clear()
        await store.accept(more(3))
        for seq in (2, 3, 4):
            session.offer(event(seq))
        await asyncio.sleep(10)
        assert socket.seqs() == []
        socket.room.set()
        await asyncio.sleep(0.1)
        return socket.seqs()

    assert in_virtual_time(work) == [2, 3, 4]


def test_a_socket_that_stays_full_is_closed() -> None:
    async def work() -> bool:
        socket = MemorySocket()
        session = await begun(await store_with(0), socket, at=0)
        socket.room.clear()
        session.offer(event(1))
        await asyncio.sleep(socket.patience + 1)
        return socket.closed

    assert in_virtual_time(work)


def test_an_outage_of_the_database_is_waited_for() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        store = SlowReads(await store_with(2))
        store.failures = 3
        await begun(store, socket, at=0)
        await asyncio.sleep(20)
        return socket.seqs()

    assert in_virtual_time(work) == [1, 2]


def test_a_position_that_no_event_told_is_told_by_itself() -> None:
    async def work() -> tuple[list[str], int]:
        socket = MemorySocket()
        session = Session(socket, principal(), InboxReader(ExpiredTail()), Reports(), Tasks())
        session.begin(Cursor(1, 0))
        await asyncio.sleep(0.1)
        session.tell_position()
        return socket.names(), session.position

    assert in_virtual_time(work) == (["position"], 9)


def test_nothing_is_sent_after_the_end() -> None:
    async def work() -> list[int]:
        socket = MemorySocket()
        session = await begun(await store_with(0), socket, at=0)
        session.end()
        session.offer(event(1))
        session.check(5)
        await asyncio.sleep(1)
        return socket.seqs()

    assert in_virtual_time(work) == []


def test_a_position_below_the_floor_sends_the_client_away_to_be_greeted_anew() -> None:
    async def work() -> tuple[list[int], bool]:
        socket = MemorySocket()
        store = await store_with(5)
        store.inboxes[BOB].floor = 4
        await begun(store, socket, at=3)
        return socket.seqs(), socket.closed

    assert in_virtual_time(work) == ([], True)


class SlowReads(MemoryStore):
    """A store whose reads take a second, and fail as often as told."""

    def __init__(self, inner: MemoryStore) -> None:
        self.inner = inner
        self.failures = 0

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        page = await self.inner.read(owner, after, limit)
        await asyncio.sleep(1)
        if self.failures:
            self.failures -= 1
            raise Unavailable("down")
        return page


class ExpiredTail(MemoryStore):
    """A store whose last changes have expired."""

    def __init__(self) -> None:
        """Hold nothing."""

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        assert owner == BOB
        return InboxPage((), upto=9, more=False)


def more(count: int) -> list[Submission]:
    return [submission() for _ in range(count)]
