"""Read state is a change like any other; a device can ask for what it missed."""

import asyncio
from datetime import timedelta

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.app.delivered import DeliveryMarks
from notifications.app.read_state import ReadState
from notifications.app.sync import changes_since, parse_since
from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Invalid, NotFound, Resync
from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import BOB, Recorder, clock, in_virtual_time, store_with, submission


def test_marking_as_read_is_shown_here_and_told_to_everyone_after_it_is_committed() -> None:
    async def work() -> tuple[list[InboxEvent], list[InboxEvent]]:
        store, bus = await store_with(3), MemoryInboxBus()
        here: list[InboxEvent] = []
        there: list[InboxEvent] = []
        await bus.subscribe(BOB, there.append)
        read_state = ReadState(store, bus, lambda _, event: here.append(event), Recorder())
        pending = await store.pending(BOB, 50)
        await read_state.mark(BOB, [pending.notifications[0].id])
        await read_state.mark(BOB, [pending.notifications[0].id])
        await read_state.mark_all(BOB)
        await read_state.mark_all(BOB)
        return here, there

    here, there = in_virtual_time(work)
    assert here == there
    assert [(event.name, event.seq, event.prev) for event in here] == [
        ("notification:changed", 4, 3),
        ("notification:changed", 5, 4),
    ]


def test_a_foreign_notification_is_not_found() -> None:
    async def work() -> None:
        store = await store_with(1)
        foreign = (await store.pending(BOB, 1)).notifications[0].id
        read_state = ReadState(store, MemoryInboxBus(), lambda *_: None, Recorder())
        with pytest.raises(NotFound):
            await read_state.mark(UserKey("other", "bob"), [foreign])

    in_virtual_time(work)


def test_a_sync_tells_notifications_and_changes_apart_and_ends_in_a_cursor() -> None:
    async def work() -> tuple[int, int, str, bool]:
        store = await store_with(3)
        await store.mark_all_read(BOB)
        missed = await changes_since(store, BOB, Cursor(1, 1), 100)
        return len(missed.notifications), len(missed.changes), missed.cursor, missed.has_more

    assert in_virtual_time(work) == (2, 1, cursor.encode(Cursor(1, 4)), False)


def test_a_sync_by_date_begins_with_what_was_created_then() -> None:
    async def work() -> int:
        store = await store_with(2)
        await asyncio.sleep(10)
        await store.accept([submission()])
        return len((await changes_since(store, BOB, clock() - timedelta(seconds=1), 100)).notifications)

    assert in_virtual_time(work) == 1


def test_a_cursor_of_another_life_must_resync() -> None:
    async def work() -> None:
        with pytest.raises(Resync):
            await changes_since(await store_with(1), BOB, Cursor(7, 0), 100)

    in_virtual_time(work)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00", "=" * 200, "AAAA"])
def test_anything_but_a_cursor_or_a_date_with_its_zone_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_since(text)


def test_delivery_is_written_once_a_second_in_one_go() -> None:
    async def work() -> list[int]:
        store = await store_with(2)
        marked: list[int] = []

        async def mark(ids: object) -> None:
            marked.append(len(list(ids)))  # type: ignore[call-overload]

        store.mark_delivered = mark  # type: ignore[method-assign]
        marks = DeliveryMarks(store, clock, Recorder())
        writing = asyncio.ensure_future(marks.run())
        page = await store.read(BOB, 0, 10)
        for event in (*page.events, *page.events):
            assert event.shows is not None
            marks.delivered(event.shows, False)
        await asyncio.sleep(5)
        writing.cancel()
        return marked

    assert in_virtual_time(work) == [2]
