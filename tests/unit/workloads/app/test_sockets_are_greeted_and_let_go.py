"""The hub greets each socket from where it was, and forgets it completely."""

import asyncio
from collections.abc import Sequence

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.store import MemoryStore
from notifications.app.hub import Arrival, Hub
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.app.upkeep import keep_sessions
from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import Head, InboxEvent
from notifications.domain.notification import UserKey
from notifications.ports.bus import Subscription
from tests.unit.workloads.app.world import (
    BOB,
    MemorySocket,
    Reports,
    clock,
    in_virtual_time,
    principal,
    store_with,
    submission,
)

EVENT = InboxEvent("notification", 1, 0, '{"seq":1}')


class CountingBus(MemoryInboxBus):
    """Counts interests, and is away for the first `failures` attempts."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.interests = 0
        self._failures = failures

    async def subscribe(self, owner: UserKey, on_event: object) -> Subscription:  # type: ignore[override]
        if self._failures:
            self._failures -= 1
            raise Unavailable("no bus")
        inner = await super().subscribe(owner, on_event)  # type: ignore[arg-type]
        self.interests += 1
        return _Counted(self, inner)


class _Counted:
    def __init__(self, bus: CountingBus, inner: Subscription) -> None:
        self._bus, self._inner = bus, inner

    async def close(self) -> None:
        await self._inner.close()
        self._bus.interests -= 1


def make_hub(store: MemoryStore, bus: MemoryInboxBus | None = None) -> Hub:
    return Hub("gateway-0", store, bus or MemoryInboxBus(), Reports(), Tasks())


async def join(hub: Hub, socket: MemorySocket, presented: str | None = None) -> Session:
    return await hub.join(Arrival(socket, principal(), presented))


def test_a_device_without_a_cursor_is_shown_what_is_unread() -> None:
    async def work() -> MemorySocket:
        socket = MemorySocket()
        await join(make_hub(await store_with(60)), socket)
        return socket

    socket = in_virtual_time(work)
    assert socket.names() == ["connected", "notifications:pending", "position"]
    connected, pending, position = (body for _, body, _ in socket.sent)
    assert connected["recovered"] is False
    assert connected["userId"] == "bob"
    assert len(pending["notifications"]) == 50
    assert pending["hasMore"] is True
    assert connected["cursor"] == pending["cursor"] == position


def test_a_device_with_a_cursor_is_shown_what_it_missed_and_nothing_else() -> None:
    async def work() -> MemorySocket:
        socket = MemorySocket()
        await join(make_hub(await store_with(5)), socket, cursor.encode(Cursor(1, 3)))
        await asyncio.sleep(0.1)
        return socket

    socket = in_virtual_time(work)
    assert socket.names() == ["connected", "notification", "notification"]
    assert socket.sent[0][1]["recovered"] is True
    assert socket.seqs() == [4, 5]


def test_a_cursor_that_cannot_be_served_is_answered_by_a_resync_that_says_why() -> None:
    async def work() -> dict[str, MemorySocket]:
        hub = make_hub(await store_with(5))
        presented = {"epoch": Cursor(2, 3), "ahead": Cursor(1, 6)}
        sockets = {reason: MemorySocket() for reason in (*presented, "cursor")}
        for reason, at in presented.items():
            await join(hub, sockets[reason], cursor.encode(at))
        await join(hub, sockets["cursor"], "not a cursor")
        return sockets

    for reason, socket in in_virtual_time(work).items():
        assert socket.names() == ["connected", "notifications:resync", "notifications:pending", "position"]
        assert socket.sent[1][1] == {"reason": reason}


def test_sockets_of_one_owner_share_one_interest_and_the_last_ends_it() -> None:
    async def work() -> list[int]:
        bus = CountingBus()
        hub = make_hub(await store_with(0), bus)
        sessions = [await join(hub, MemorySocket(str(n))) for n in range(3)]
        counts = [bus.interests, len(hub)]
        for session in sessions:
            hub.leave(session)
            hub.leave(session)
        await asyncio.sleep(0.1)
        return [*counts, bus.interests, len(hub)]

    assert in_virtual_time(work) == [1, 3, 0, 0]


def test_an_event_reaches_every_socket_of_its_owner_and_nobody_else() -> None:
    async def work() -> list[list[int]]:
        bus = MemoryInboxBus()
        hub = make_hub(await store_with(0), bus)
        sockets = [MemorySocket(name) for name in ("one", "two", "carol's")]
        await join(hub, sockets[0])
        await join(hub, sockets[1])
        await hub.join(Arrival(sockets[2], principal(UserKey("demo", "carol"))))
        await asyncio.sleep(0.1)
        await bus.offer(BOB, EVENT)
        return [socket.seqs() for socket in sockets]

    assert in_virtual_time(work) == [[1], [1], []]


def test_without_a_bus_sockets_are_let_in_and_brought_up_to_date_once_it_is_back() -> None:
    async def work() -> tuple[float, list[int]]:
        store = await store_with(0)
        hub = make_hub(store, CountingBus(failures=8))
        socket = MemorySocket()
        began = asyncio.get_running_loop().time()
        await join(hub, socket)
        took = asyncio.get_running_loop().time() - began
        await asyncio.sleep(3)
        await store.accept([submission()])
        await asyncio.sleep(10)
        return took, socket.seqs()

    took, seqs = in_virtual_time(work)
    assert took < 3
    assert seqs == [1]


def test_a_database_that_is_down_lets_nobody_in_and_leaves_nothing_behind() -> None:
    async def work() -> tuple[int, int]:
        bus = CountingBus()
        hub = make_hub(Down(clock), bus)
        try:
            await join(hub, MemorySocket())
        except Unavailable:
            await asyncio.sleep(0.1)
            return len(hub), bus.interests
        raise AssertionError("it was let in")

    assert in_virtual_time(work) == (0, 0)


def test_a_wake_up_that_was_lost_before_the_interest_was_known_is_found_soon_after_the_join() -> None:
    async def work() -> list[int]:
        store = await store_with(0)
        socket = MemorySocket()
        await join(make_hub(store), socket)
        await asyncio.sleep(0.5)
        await store.accept([submission()])
        await asyncio.sleep(1.0)
        return socket.seqs()

    assert in_virtual_time(work) == [1]


def test_the_position_watch_finds_what_was_lost_later() -> None:
    async def work() -> list[int]:
        store = await store_with(0)
        hub = make_hub(store)
        socket = MemorySocket()
        await join(hub, socket)
        watch = asyncio.ensure_future(hub.watch.run(hub.owners))
        await asyncio.sleep(5)
        await store.accept([submission()])
        await asyncio.sleep(30)
        watch.cancel()
        return socket.seqs()

    assert in_virtual_time(work) == [1]


def test_a_session_ends_with_its_token() -> None:
    async def work() -> MemorySocket:
        hub = make_hub(await store_with(0))
        socket = MemorySocket()
        await hub.join(Arrival(socket, principal(seconds=25)))
        upkeep = asyncio.ensure_future(keep_sessions(hub, clock))
        await asyncio.sleep(31)
        upkeep.cancel()
        return socket

    socket = in_virtual_time(work)
    assert socket.sent[-1][:2] == ("error", {"code": "TOKEN_EXPIRED", "message": "Token expired"})
    assert socket.closed


class Down(MemoryStore):
    """A database that cannot be asked."""

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        raise Unavailable("down")


def test_when_the_bus_returns_everyone_is_checked_soon() -> None:
    async def work() -> list[int]:
        store = await store_with(0)
        hub = make_hub(store)
        socket = MemorySocket()
        await join(hub, socket)
        await asyncio.sleep(5)
        await store.accept([submission()])
        hub.watch.soon(*hub.owners())
        await asyncio.sleep(1.5)
        return socket.seqs()

    assert in_virtual_time(work) == [1]
