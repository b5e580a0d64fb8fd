"""Sessions of one user that ask at once share a read; who asks later gets one that sees what happened meanwhile."""

import asyncio

from notifications.adapters.memory.store import MemoryStore
from notifications.app.reader import InboxReader
from notifications.domain.inbox import InboxPage
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import BOB, clock, in_virtual_time, submission


class DistantStore(MemoryStore):
    """Answers a second after it looked."""

    def __init__(self) -> None:
        super().__init__(clock)
        self.reads = 0

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        self.reads += 1
        page = await super().read(owner, after, limit)
        await asyncio.sleep(1)
        return page


def test_those_who_ask_at_once_share_a_read() -> None:
    async def work() -> int:
        store = DistantStore()
        reader = InboxReader(store)
        await asyncio.gather(*(reader.read(BOB, 0) for _ in range(5)))
        return store.reads

    assert in_virtual_time(work) == 1


def test_who_asks_later_is_told_what_was_accepted_while_the_first_read_was_under_way() -> None:
    async def work() -> list[int]:
        store = DistantStore()
        reader = InboxReader(store)
        first = asyncio.ensure_future(reader.read(BOB, 0))
        await asyncio.sleep(0.5)
        await store.accept([submission()])
        second = await reader.read(BOB, 0)
        return [(await first).upto, second.upto]

    assert in_virtual_time(work) == [0, 1]
