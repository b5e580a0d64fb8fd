"""An event names the number before it: a client must know that number, though nothing under it was left to show."""

import asyncio

from notifications.adapters.memory.store import MemoryStore
from notifications.app.reader import InboxReader
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor, decode
from notifications.domain.inbox import InboxEvent, InboxPage
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import MemorySocket, Reports, clock, in_virtual_time, principal


class ExpiredInbox(MemoryStore):
    """An inbox of five notifications, all of them expired."""

    def __init__(self) -> None:
        super().__init__(clock)

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        await asyncio.sleep(1)
        return InboxPage((), 5, more=False)


SIXTH = InboxEvent("notification", 6, 5, '{"seq":6}')


async def receive_the_sixth(room: bool) -> MemorySocket:
    socket = MemorySocket()
    session = Session(socket, principal(), InboxReader(ExpiredInbox()), Reports(), Tasks())
    session.begin(Cursor(1, 0))
    await asyncio.sleep(0.5)
    session.offer(SIXTH)
    if not room:
        socket.room.clear()
    await asyncio.sleep(1)
    socket.room.set()
    await asyncio.sleep(2)
    return socket


def test_the_position_is_told_before_an_event_that_was_held() -> None:
    socket = in_virtual_time(lambda: receive_the_sixth(room=True))
    assert socket.names() == ["position", "notification"]
    assert decode(socket.sent[0][1]).inbox_seq == SIXTH.prev


def test_an_event_waits_with_the_position_for_room() -> None:
    socket = in_virtual_time(lambda: receive_the_sixth(room=False))
    assert socket.names()[0] == "position"
    assert decode(socket.sent[0][1]).inbox_seq == SIXTH.prev
