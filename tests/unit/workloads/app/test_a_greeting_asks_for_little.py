"""Sockets that come together are looked up together, and nothing is read that cannot be there."""

import asyncio
from collections.abc import Sequence

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.store import MemoryStore
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.inbox import Head, InboxPage
from notifications.domain.notification import UserKey
from notifications.ports.store import Pending
from tests.unit.workloads.app.world import BOB, MemorySocket, Reports, clock, in_virtual_time, principal, submission


class Ledger(MemoryStore):
    """Remembers what it was asked, and lets readers of heads wait for `go_on`."""

    def __init__(self) -> None:
        super().__init__(clock)
        self.asked: list[str] = []
        self.is_asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        self.asked.append(f"heads of {len(owners)}")
        found = await super().heads(owners)
        self.is_asked.set()
        await self.go_on.wait()
        return found

    async def pending(self, owner: UserKey, limit: int) -> Pending:
        self.asked.append("pending")
        return await super().pending(owner, limit)

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        self.asked.append("read")
        return await super().read(owner, after, limit)


def make_hub(store: MemoryStore, bus: MemoryInboxBus | None = None) -> Hub:
    return Hub("gateway-0", store, bus or MemoryInboxBus(), Reports(), Tasks())


async def join(hub: Hub, owner: UserKey = BOB, at: Cursor | None = None) -> MemorySocket:
    socket = MemorySocket()
    await hub.join(Arrival(socket, principal(owner), cursor.encode(at) if at else None))
    return socket


def test_a_hundred_who_come_at_once_to_empty_inboxes_cost_one_question() -> None:
    async def work() -> list[str]:
        store = Ledger()
        hub = make_hub(store)
        await asyncio.gather(*(join(hub, UserKey("demo", f"user-{number}")) for number in range(100)))
        return store.asked

    assert in_virtual_time(work) == ["heads of 100"]


def test_unread_notifications_cost_one_question_more() -> None:
    async def work() -> list[str]:
        store = Ledger()
        await store.accept([submission()])
        await join(make_hub(store))
        return store.asked

    assert in_virtual_time(work) == ["heads of 1", "pending"]


def test_who_comes_back_to_where_the_inbox_ends_costs_no_reading() -> None:
    async def work() -> list[str]:
        store = Ledger()
        await store.accept([submission()])
        await join(make_hub(store), at=Cursor((await store.head(BOB)).epoch, 1))
        return store.asked

    assert in_virtual_time(work) == ["heads of 1"]


def test_who_comes_back_behind_the_end_is_read_what_was_missed() -> None:
    async def work() -> tuple[list[str], list[int]]:
        store = Ledger()
        for _ in range(2):
            await store.accept([submission()])
        socket = await join(make_hub(store), at=Cursor((await store.head(BOB)).epoch, 1))
        await asyncio.sleep(0.1)
        return store.asked, socket.seqs()

    assert in_virtual_time(work) == (["heads of 1", "read"], [2])


def test_what_comes_while_the_end_is_looked_up_is_shown_behind_the_greeting() -> None:
    async def work() -> list[str]:
        store, bus = Ledger(), MemoryInboxBus()
        store.go_on.clear()
        joining = asyncio.create_task(join(make_hub(store, bus)))
        await store.is_asked.wait()
        await store.accept([submission()])
        (event,) = (await store.read(BOB, 0, 1)).events
        await bus.offer(BOB, event)
        store.go_on.set()
        return (await joining).names()

    assert in_virtual_time(work) == ["connected", "notifications:pending", "position", "notification"]


def test_what_comes_with_a_hole_before_it_makes_the_inbox_be_read() -> None:
    async def work() -> list[int]:
        store, bus = Ledger(), MemoryInboxBus()
        store.go_on.clear()
        joining = asyncio.create_task(join(make_hub(store, bus)))
        await store.is_asked.wait()
        for _ in range(2):
            await store.accept([submission()])
        _, second = (await store.read(BOB, 0, 2)).events
        await bus.offer(BOB, second)
        store.go_on.set()
        socket = await joining
        await asyncio.sleep(0.1)
        return socket.seqs()

    assert in_virtual_time(work) == [1, 2]
