"""What InboxStore promises about read state and deliveries."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change
from tests.contract.stores import Producer, Stores, owner

ALICE = owner("alice")
BOB = owner("bob")
ALICE_ELSEWHERE = owner("alice", "other")
NOBODYS = UUID("0192f3a0-0000-7000-8000-000000000000")
FROM_THE_FAR_FUTURE = UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")


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
    assert [(event.prev, event.seq) for event in events] == [(n, n + 1) for n in range(30)]
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


def _unread_at(logged: dict[int, dict[str, object]], seq: int) -> int:
    """How many were unread after the change with a number, by the log: each change of this test reads one."""
    before = [body for number, body in logged.items() if number <= seq]
    return sum("content" in body for body in before) - sum("kind" in body for body in before)
