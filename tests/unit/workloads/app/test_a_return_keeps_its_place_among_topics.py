"""Whoever comes back is told cursors that hold their place among topics from the first event on."""

from collections.abc import Awaitable, Callable, Sequence

from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.domain import cursor
from notifications.domain.inbox import Head
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.test_what_is_followed_is_saved_for_a_return import Gateway, Sessions
from tests.unit.workloads.app.world import BOB, MemorySocket, clock, in_virtual_time, submission


class Interrupted(MemoryStore):
    """Something may happen between the reading of an inbox's end and its answer."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        found = await super().heads(owners)
        if self.meanwhile:
            await self.meanwhile()
        return found


def test_a_notification_that_comes_during_the_greeting_carries_the_place_among_topics() -> None:
    async def work() -> tuple[cursor.Cursor, cursor.Cursor]:
        store, log, inbox = Sessions(), MemoryTopicLog(), Interrupted(clock)
        first, second = (Gateway(store, log, inbox) for _ in range(2))
        session, _ = await first.join()
        await first.follow(session, "user.bob")

        async def receive() -> None:
            inbox.meanwhile = None
            await inbox.accept([submission()])
            (event,) = (await inbox.read(BOB, 0, 10)).events
            second.hub.offer(BOB, event)

        inbox.meanwhile = receive
        stood = session.cursor()
        returned, is_back = await second.join(session, stood)
        assert is_back
        assert isinstance(returned.socket, MemorySocket)
        (told,) = [text for name, _, text in returned.socket.sent if name == "notification" and text]
        for gateway in (first, second):
            gateway.die()
        return cursor.decode(stood), cursor.decode(told)

    stood, told = in_virtual_time(work)
    assert (told.topics_epoch, told.topics_seq) == (stood.topics_epoch, stood.topics_seq)
    assert stood.topics_epoch
    assert told.inbox_seq == 1
