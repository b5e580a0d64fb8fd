"""What InboxStore promises."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change, Head, InboxEvent
from tests.contract.stores import Producer, Stores, owner

ALICE = owner("alice")
BOB = owner("bob")
ALICE_ELSEWHERE = owner("alice", "other")
NOBODYS = UUID("0192f3a0-0000-7000-8000-000000000000")
FROM_THE_FAR_FUTURE = UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")


# head, heads


async def test_an_inbox_that_nothing_came_to_ends_at_zero(stores: Stores) -> None:
    head = await stores.inbox.head(ALICE)
    assert (head.seq, head.floor) == (0, 0)
    assert 0 < head.epoch < 2**63


async def test_the_epoch_is_the_same_for_all_inboxes(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    epochs = {(await stores.inbox.head(reader)).epoch for reader in (ALICE, BOB, ALICE_ELSEWHERE)}
    assert len(epochs) == 1


async def test_heads_are_told_for_the_inboxes_that_exist(stores: Stores, producer: Producer) -> None:
    await producer.send("alice", "bob")
    await producer.send("alice")
    await producer.send("alice", tenant="other")
    heads = await stores.inbox.heads([ALICE, BOB, owner("nobody"), ALICE_ELSEWHERE])
    assert heads == {ALICE: 2, BOB: 1, ALICE_ELSEWHERE: 1}
    assert await stores.inbox.heads([]) == {}


# read


async def test_reading_brings_what_came_after_a_number(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(4)]
    page = await stores.inbox.read(ALICE, 1, 10)
    assert [event.shows for event in page.events] == ids[1:]
    assert _numbers(page.events) == [(1, 2), (2, 3), (3, 4)]
    assert (page.upto, page.more) == (4, False)


async def test_an_event_holds_its_numbers_and_what_was_said(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    (event,) = (await stores.inbox.read(ALICE, 0, 10)).events
    body = json.loads(event.body)
    assert (event.name, body["id"], body["content"]) == ("notification", str(id), "Hello")
    assert (body["seq"], body["prev"], body["readAt"]) == (1, 0, None)


async def test_a_page_ends_at_its_last_change_while_there_is_more(stores: Stores, producer: Producer) -> None:
    for _ in range(5):
        await producer.send("alice")
    page = await stores.inbox.read(ALICE, 1, 2)
    assert _numbers(page.events) == [(1, 2), (2, 3)]
    assert (page.upto, page.more) == (3, True)
    rest = await stores.inbox.read(ALICE, page.upto, 2)
    assert (rest.upto, rest.more) == (5, False)


async def test_read_state_is_replayed_between_notifications(stores: Stores, producer: Producer) -> None:
    (first,) = await producer.send("alice")
    await stores.inbox.mark_read(ALICE, [first])
    await producer.send("alice")
    await stores.inbox.mark_all_read(ALICE)
    events = (await stores.inbox.read(ALICE, 0, 10)).events
    assert [event.name for event in events] == ["notification", "notification:changed"] * 2
    assert _numbers(events) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    one, all_of_them = json.loads(events[1].body), json.loads(events[3].body)
    assert (one["kind"], one["ids"], one["unread"]) == ("read", [str(first)], 0)
    assert (all_of_them["kind"], all_of_them["upTo"], all_of_them["unread"]) == ("readAll", 3, 0)


async def test_reading_from_the_end_brings_nothing(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    page = await stores.inbox.read(ALICE, 1, 10)
    assert (page.events, page.upto, page.more) == ((), 1, False)


async def test_reading_an_inbox_that_nothing_came_to_brings_nothing(stores: Stores) -> None:
    page = await stores.inbox.read(ALICE, 0, 10)
    assert (page.events, page.upto, page.more) == ((), 0, False)


async def test_an_expired_notification_in_the_middle_leaves_no_hole(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await producer.send_for(60, "alice")
    await producer.send("alice")
    await stores.later(61)
    page = await stores.inbox.read(ALICE, 0, 10)
    assert _numbers(page.events) == [(0, 1), (1, 3)]
    assert page.upto == 3


async def test_expired_notifications_at_the_end_are_covered(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    for _ in range(2):
        await producer.send_for(60, "alice")
    await stores.later(61)
    page = await stores.inbox.read(ALICE, 0, 10)
    assert _numbers(page.events) == [(0, 1)]
    assert (page.upto, page.more) == (3, False)


async def test_expired_notifications_take_no_place_on_a_page(stores: Stores, producer: Producer) -> None:
    for _ in range(3):
        await producer.send_for(60, "alice")
    for _ in range(3):
        await producer.send("alice")
    await stores.later(61)
    page = await stores.inbox.read(ALICE, 0, 2)
    assert _numbers(page.events) == [(0, 4), (4, 5)]
    assert (page.upto, page.more) == (5, True)


async def test_a_page_that_only_expired_ones_follow_has_no_more(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await producer.send("alice")
    await producer.send_for(60, "alice")
    await stores.later(61)
    page = await stores.inbox.read(ALICE, 0, 2)
    assert (len(page.events), page.upto, page.more) == (2, 3, False)


async def test_nobody_reads_the_inbox_of_somebody_else(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    for reader in (BOB, ALICE_ELSEWHERE):
        assert (await stores.inbox.read(reader, 0, 10)).events == ()
        assert (await stores.inbox.pending(reader, 10)).notifications == ()
        listing = await stores.inbox.listing(reader, offset=0, limit=10, unread_only=False)
        assert (listing.notifications, listing.total, listing.unread) == ((), 0, 0)


async def test_a_reader_among_writers_never_meets_a_hole(stores: Stores, producer: Producer) -> None:
    writing = asyncio.gather(*(producer.send("alice") for _ in range(40)))
    position = 0
    while position < 40:
        page = await stores.inbox.read(ALICE, position, 7)
        assert _numbers(page.events) == [(n, n + 1) for n in range(position, page.upto)]
        position = page.upto
        await asyncio.sleep(0)
    await writing


# pending


async def test_pending_shows_the_newest_unread_first(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(4)]
    await stores.inbox.mark_read(ALICE, [ids[2]])
    pending = await stores.inbox.pending(ALICE, 2)
    assert [notification.id for notification in pending.notifications] == [ids[3], ids[1]]
    assert pending.has_more
    assert (pending.head.seq, pending.head.floor) == (5, 0)


async def test_pending_that_fits_has_no_more(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await producer.send("alice")
    pending = await stores.inbox.pending(ALICE, 2)
    assert (len(pending.notifications), pending.has_more) == (2, False)


async def test_pending_leaves_out_what_expired(stores: Stores, producer: Producer) -> None:
    await producer.send_for(60, "alice")
    (kept,) = await producer.send("alice")
    await stores.later(61)
    pending = await stores.inbox.pending(ALICE, 1)
    assert [notification.id for notification in pending.notifications] == [kept]
    assert not pending.has_more


async def test_pending_of_an_empty_inbox_is_empty(stores: Stores) -> None:
    pending = await stores.inbox.pending(ALICE, 10)
    assert (pending.notifications, pending.has_more, pending.head.seq) == ((), False, 0)


# listing


async def test_a_listing_pages_from_the_newest(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(5)]
    pages = [await stores.inbox.listing(ALICE, offset=n, limit=2, unread_only=False) for n in (0, 2, 4, 6)]
    found = [[notification.id for notification in page.notifications] for page in pages]
    assert found == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]], []]
    assert {(page.total, page.unread, page.head.seq) for page in pages} == {(5, 5, 5)}


async def test_a_listing_of_unread_counts_only_those(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(3)]
    await stores.inbox.mark_read(ALICE, [ids[1]])
    unread = await stores.inbox.listing(ALICE, offset=0, limit=10, unread_only=True)
    assert [notification.id for notification in unread.notifications] == [ids[2], ids[0]]
    assert (unread.total, unread.unread) == (2, 2)
    everything = await stores.inbox.listing(ALICE, offset=0, limit=10, unread_only=False)
    assert (everything.total, everything.unread) == (3, 2)
    assert [notification.read_at is None for notification in everything.notifications] == [True, False, True]


async def test_a_listing_leaves_out_what_expired(stores: Stores, producer: Producer) -> None:
    await producer.send_for(60, "alice")
    await producer.send("alice")
    await stores.later(61)
    listing = await stores.inbox.listing(ALICE, offset=0, limit=10, unread_only=False)
    assert (len(listing.notifications), listing.total, listing.unread) == (1, 1, 1)


# seq_before


async def test_everything_since_a_moment_stands_after_its_number(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await stores.later(60)
    moment = stores.now()
    await producer.send("alice")
    await producer.send("alice")
    assert await stores.inbox.seq_before(ALICE, moment) == 1
    assert await stores.inbox.seq_before(ALICE, moment - timedelta(days=400)) == 0


async def test_a_change_since_a_moment_stands_after_its_number_as_well(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    await stores.later(60)
    moment = stores.now()
    await stores.later(1)
    await stores.inbox.mark_read(ALICE, [id])
    await producer.send("alice")
    assert await stores.inbox.seq_before(ALICE, moment) == 1


async def test_when_nothing_came_since_a_moment_its_number_is_the_head(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    assert await stores.inbox.seq_before(ALICE, stores.now() + timedelta(hours=1)) == 1
    assert await stores.inbox.seq_before(BOB, stores.now()) == 0


# mark_read


async def test_reading_one_logs_a_change_with_the_next_number(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(3)]
    change = await stores.inbox.mark_read(ALICE, [ids[1]])
    assert change is not None
    assert change == Change("read", 4, change.at, 2, (ids[1],))
    assert abs(change.at - stores.now()) < timedelta(seconds=5)
    assert (await stores.inbox.head(ALICE)).seq == 4


async def test_a_notification_read_shows_when(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    change = await stores.inbox.mark_read(ALICE, [id])
    (shown,) = (await stores.inbox.listing(ALICE, offset=0, limit=1, unread_only=False)).notifications
    assert change is not None
    assert shown.read_at == change.at


async def test_reading_again_changes_nothing(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    first = await stores.inbox.mark_read(ALICE, [id])
    await stores.later(60)
    assert await stores.inbox.mark_read(ALICE, [id]) is None
    (shown,) = (await stores.inbox.listing(ALICE, offset=0, limit=1, unread_only=False)).notifications
    assert first is not None
    assert shown.read_at == first.at
    assert (await stores.inbox.head(ALICE)).seq == 2


async def test_only_what_was_unread_is_logged_once_and_in_order(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(3)]
    await stores.inbox.mark_read(ALICE, [ids[1]])
    change = await stores.inbox.mark_read(ALICE, [ids[2], ids[1], ids[0], ids[2]])
    assert change is not None
    assert (change.ids, change.unread, change.seq) == ((ids[2], ids[0]), 0, 5)


@pytest.mark.parametrize("foreign", [NOBODYS, FROM_THE_FAR_FUTURE], ids=["unknown", "nonsense"])
async def test_an_unknown_id_is_not_found_and_nothing_is_marked(
    stores: Stores, producer: Producer, foreign: UUID
) -> None:
    (id,) = await producer.send("alice")
    with pytest.raises(NotFound):
        await stores.inbox.mark_read(ALICE, [id, foreign])
    assert len((await stores.inbox.pending(ALICE, 10)).notifications) == 1
    assert (await stores.inbox.head(ALICE)).seq == 1


async def test_ids_of_somebody_else_are_not_found(stores: Stores, producer: Producer) -> None:
    (bobs,) = await producer.send("bob")
    (namesakes,) = await producer.send("alice", tenant="other")
    await producer.send("alice")
    for foreign in (bobs, namesakes):
        with pytest.raises(NotFound):
            await stores.inbox.mark_read(ALICE, [foreign])
    assert len((await stores.inbox.pending(BOB, 10)).notifications) == 1
    assert len((await stores.inbox.pending(ALICE_ELSEWHERE, 10)).notifications) == 1


async def test_who_has_no_inbox_finds_nothing(stores: Stores) -> None:
    with pytest.raises(NotFound):
        await stores.inbox.mark_read(ALICE, [NOBODYS])
    assert await stores.inbox.mark_read(ALICE, []) is None
    assert (await stores.inbox.head(ALICE)).seq == 0


async def test_what_expired_is_not_counted_as_unread(stores: Stores, producer: Producer) -> None:
    await producer.send_for(60, "alice")
    await producer.send("alice")
    (id,) = await producer.send("alice")
    await stores.later(61)
    change = await stores.inbox.mark_read(ALICE, [id])
    assert change is not None
    assert change.unread == 1


async def test_devices_that_read_the_same_at_once_log_one_change(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    changes = await asyncio.gather(*(stores.inbox.mark_read(ALICE, [id]) for _ in range(10)))
    assert [change.seq for change in changes if change] == [2]


async def test_reading_among_writers_counts_on_without_holes(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(10)]
    reading = [stores.inbox.mark_read(ALICE, [id]) for id in ids]
    changes, _ = await asyncio.gather(
        asyncio.gather(*reading), asyncio.gather(*(producer.send("alice") for _ in range(10)))
    )
    events = (await stores.inbox.read(ALICE, 0, 100)).events
    assert _numbers(events) == [(n, n + 1) for n in range(30)]
    told = {change.seq: change.unread for change in changes if change}
    logged = {event.seq: json.loads(event.body) for event in events}
    assert told == {seq: body["unread"] for seq, body in logged.items() if "unread" in body}
    assert told == {seq: _unread_at(logged, seq) for seq in told}


# mark_all_read


async def test_reading_all_logs_one_change_up_to_the_head(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(3)]
    await stores.inbox.mark_read(ALICE, [ids[0]])
    change = await stores.inbox.mark_all_read(ALICE)
    assert change is not None
    assert change == Change("readAll", 5, change.at, 0, up_to=4)
    assert (await stores.inbox.pending(ALICE, 10)).notifications == ()


async def test_reading_all_keeps_when_something_was_read_before(stores: Stores, producer: Producer) -> None:
    ids = [(await producer.send("alice"))[0] for _ in range(2)]
    first = await stores.inbox.mark_read(ALICE, [ids[0]])
    await stores.later(60)
    second = await stores.inbox.mark_all_read(ALICE)
    assert first is not None
    assert second is not None
    listing = await stores.inbox.listing(ALICE, offset=0, limit=10, unread_only=False)
    assert [notification.read_at for notification in listing.notifications] == [second.at, first.at]


async def test_reading_all_again_changes_nothing(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await stores.inbox.mark_all_read(ALICE)
    assert await stores.inbox.mark_all_read(ALICE) is None
    assert (await stores.inbox.head(ALICE)).seq == 2


async def test_reading_all_of_an_empty_or_expired_inbox_changes_nothing(stores: Stores, producer: Producer) -> None:
    await producer.send_for(60, "alice")
    await stores.later(61)
    assert await stores.inbox.mark_all_read(ALICE) is None
    assert await stores.inbox.mark_all_read(BOB) is None
    assert (await stores.inbox.head(BOB)).seq == 0


async def test_reading_all_leaves_other_inboxes_alone(stores: Stores, producer: Producer) -> None:
    await producer.send("alice", "bob")
    await producer.send("alice", tenant="other")
    await stores.inbox.mark_all_read(ALICE)
    assert len((await stores.inbox.pending(BOB, 10)).notifications) == 1
    assert len((await stores.inbox.pending(ALICE_ELSEWHERE, 10)).notifications) == 1


# mark_delivered


async def test_only_the_first_delivery_is_recorded(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")
    assert await stores.delivered_at(id) is None
    await stores.inbox.mark_delivered([id])
    first = await stores.delivered_at(id)
    assert first is not None
    await stores.later(60)
    await stores.inbox.mark_delivered([id, NOBODYS, FROM_THE_FAR_FUTURE])
    assert await stores.delivered_at(id) == first


async def test_gateways_that_record_the_same_deliveries_at_once_all_succeed(stores: Stores, producer: Producer) -> None:
    ids = await producer.send(*(f"user-{n}" for n in range(50)))
    await asyncio.gather(*(stores.inbox.mark_delivered(order) for order in (ids, ids[::-1]) * 5))
    assert None not in [await stores.delivered_at(id) for id in ids]


async def test_the_head_is_told_with_every_answer(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    head = await stores.inbox.head(ALICE)
    assert head == Head(head.epoch, 1, 0)
    assert (await stores.inbox.pending(ALICE, 1)).head == head
    assert (await stores.inbox.listing(ALICE, offset=9, limit=1, unread_only=True)).head == head


def _numbers(events: tuple[InboxEvent, ...]) -> list[tuple[int, int]]:
    return [(event.prev, event.seq) for event in events]


def _unread_at(logged: dict[int, dict[str, object]], seq: int) -> int:
    """How many were unread after the change with a number, by the log: each change of this test reads one."""
    before = [body for number, body in logged.items() if number <= seq]
    return sum("content" in body for body in before) - sum("kind" in body for body in before)
