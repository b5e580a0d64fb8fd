"""The position check waits until interest is known everywhere, however many others join meanwhile."""

import asyncio

from notifications.adapters.memory.store import MemoryStore
from notifications.app.tasks import Tasks
from notifications.app.watch import PositionWatch
from notifications.domain.limits import POSITION_CHECK_AFTER_JOIN
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import BOB, clock, in_virtual_time, submission

ALICE = UserKey("demo", "alice")


def test_who_joins_while_others_are_about_to_be_checked_is_checked_later() -> None:
    async def work() -> dict[UserKey, float]:
        store = MemoryStore(clock)
        await store.accept([submission("alice", "bob")])
        now = asyncio.get_running_loop().time
        checked: dict[UserKey, float] = {}

        def note(owner: UserKey, head: int) -> None:
            checked[owner] = now()

        watch = PositionWatch(store, note, Tasks())
        watch.soon(ALICE)
        await asyncio.sleep(0.75)
        watch.soon(BOB)
        await asyncio.sleep(3)
        return checked

    checked = in_virtual_time(work)
    assert checked[ALICE] == POSITION_CHECK_AFTER_JOIN
    assert checked[BOB] >= 0.75 + POSITION_CHECK_AFTER_JOIN
