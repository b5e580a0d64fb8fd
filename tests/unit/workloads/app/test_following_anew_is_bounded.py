"""`subscriptions:sync` counts as no event, and what it asks for is bounded all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.adapters.socketio.topic_events import TopicEvents
from notifications.app.access import Access
from notifications.app.session import Session
from notifications.app.speaker import Speaker
from notifications.app.sync_budget import SyncBudget
from notifications.clock import make_id
from notifications.domain.cursor import Cursor, encode
from notifications.domain.errors import RateLimited
from notifications.domain.limits import MAX_FOLLOWED, SPEND_WINDOW, SYNCS_OF_ALL
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.test_what_is_followed_is_saved_for_a_return import Gateway, Sessions, followed
from tests.unit.workloads.app.world import BOB, clock, in_virtual_time

CONNECTIONS = 2
LIMIT = SYNCS_OF_ALL * CONNECTIONS * MAX_FOLLOWED

Sync = Callable[[list[Any]], Awaitable[dict[str, object]]]


def with_a_session(work: Callable[[Session, Sync], Awaitable[None]]) -> None:
    async def live() -> None:
        log, inbox = MemoryTopicLog(), MemoryStore(clock)
        gateway = Gateway(Sessions(), log, inbox)
        access = Access(MemoryRooms(inbox, clock), None, {}, asyncio.get_running_loop().time)
        events = TopicEvents(gateway.board, access, Speaker(log, access, clock, make_id), gateway.recovery)
        events.spend_sync = SyncBudget(CONNECTIONS, asyncio.get_running_loop().time).spend
        session, _ = await gateway.join()

        async def sync(subscriptions: list[Any]) -> dict[str, object]:
            return await events.handlers["subscriptions:sync"](session, ({"subscriptions": subscriptions},))

        await work(session, sync)
        gateway.die()

    in_virtual_time(live)


def topics(turn: int, count: int = MAX_FOLLOWED) -> list[Any]:
    return [f"user.bob.{turn}.{number}" for number in range(count)]


def test_all_connections_of_a_user_come_back_several_times_and_then_are_told_when_to_come_again() -> None:
    async def work(session: Session, sync: Sync) -> None:
        for turn in range(SYNCS_OF_ALL * CONNECTIONS):
            assert (await sync(topics(turn)))["refused"] == []
        before = followed(session)
        with pytest.raises(RateLimited) as refused:
            await sync(topics(-1))
        assert followed(session) == before
        await asyncio.sleep(refused.value.retry_after)
        assert (await sync(topics(-1)))["refused"] == []
        assert followed(session) == topics(-1)

    with_a_session(work)


def test_what_is_followed_already_counts_once_unless_it_is_replayed() -> None:
    async def work(session: Session, sync: Sync) -> None:
        since = encode(Cursor(0, 0, 1, 0))
        await sync(topics(0))
        for _ in range(LIMIT - MAX_FOLLOWED - 30):
            await sync(topics(0))
        assert followed(session) == topics(0)
        await sync([{"topic": topic, "since": since} for topic in topics(0, 30)])
        with pytest.raises(RateLimited):
            await sync([])

    with_a_session(work)


def test_users_do_not_share_it_and_it_is_forgotten_after_a_minute() -> None:
    async def work() -> None:
        budget = SyncBudget(CONNECTIONS, asyncio.get_running_loop().time)
        budget.spend(BOB, LIMIT)
        for stranger in (UserKey(BOB.tenant, "alice"), UserKey("other", BOB.user)):
            budget.spend(stranger, LIMIT)
        with pytest.raises(RateLimited, match=f"more than {LIMIT} topics anew a minute"):
            budget.spend(BOB, 1)
        await asyncio.sleep(SPEND_WINDOW + 1)
        budget.spend(BOB, LIMIT)

    in_virtual_time(work)
