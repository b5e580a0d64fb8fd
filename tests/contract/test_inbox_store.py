"""What InboxStore promises to readers."""

import asyncio
import json
from datetime import timedelta

import pytest

from notifications.domain.errors import Resync
from notifications.domain.inbox import Head, InboxEvent
from tests.contract.stores import Producer, Stores, owner

ALICE = owner("alice")
BOB = owner("bob")
ALICE_ELSEWHERE = owner("alice", "other")


# head, heads


async def test_an_inbox_that_nothing_came_to_ends_at_zero(stores: Stores) -> None:
    head = await stores.inbox.head(ALICE)
    assert (head.seq, head.floor) == (0, 0)
    assert 0 < head.epoch < 2**63


async def test_the_epoch_is_the_same_for_all_inboxes(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    epochs = {(await stores.inbox.head(reader)).epoch for reader in (ALICE, BOB, ALICE_ELSEWHERE)}
    assert len(epochs) == 1


async def test_the_heads_of_many_inboxes_are_those_of_each(stores: Stores, producer: Producer) -> None:
    await producer.send("alice", "bob")
    await producer.send("alice")
    await producer.send("alice", tenant="other")
    owners = [ALICE, BOB, owner("nobody"), ALICE_ELSEWHERE, ALICE]
    heads = await stores.inbox.heads(owners)
    assert heads == {owner: await stores.inbox.head(owner) for owner in owners}
    assert [heads[owner].seq for owner in owners] == [2, 1, 0, 1, 2]
    assert await stores.inbox.heads([]) == {}


# read


async def test_reading_from_below_the_floor_is_refused(stores: Stores, producer: Producer) -> None:
    for _ in range(4):
        await producer.send("alice")
    await stores.raise_floor(ALICE, 2)
    with pytest.raises(Resync):
        await stores.inbox.read(ALICE, 1, 10)
    assert _numbers((await stores.inbox.read(ALICE, 2, 10)).events) == [(2, 3), (3, 4)]
    assert (await stores.inbox.head(ALICE)).floor == 2


async def test_a_moment_below_the_floor_is_answered_from_the_floor_on(stores: Stores, producer: Producer) -> None:
    began = stores.now() - timedelta(hours=1)
    for _ in range(4):
        await producer.send("alice")
    await stores.raise_floor(ALICE, 2)
    assert await stores.inbox.seq_before(ALICE, began) == 2
    assert await stores.inbox.seq_before(ALICE, began + timedelta(days=1)) == 4


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


async def test_the_head_is_told_with_every_answer(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    head = await stores.inbox.head(ALICE)
    assert head == Head(head.epoch, 1, 0)
    assert (await stores.inbox.pending(ALICE, 1)).head == head
    assert (await stores.inbox.listing(ALICE, offset=9, limit=1, unread_only=True)).head == head


def _numbers(events: tuple[InboxEvent, ...]) -> list[tuple[int, int]]:
    return [(event.prev, event.seq) for event in events]
