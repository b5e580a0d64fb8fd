"""What RequestStore promises, and what archiving makes of an inbox."""

import asyncio
from uuid import UUID

import pytest

from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Outcome, Status
from notifications.domain.submission import jobs_of
from tests.contract.stores import TENANT, Producer, Stores, accepted, owner
from tests.contract.workers import Worker

ALICE, BOB = owner("alice"), owner("bob")
NOBODYS = UUID("0192f3a0-0000-7000-8000-000000000000")
NONSENSE = UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")


async def listed(stores: Stores, user: str = "alice") -> list[UUID]:
    page = await stores.inbox.listing(owner(user), offset=0, limit=100, unread_only=False)
    return [notification.id for notification in page.notifications]


# archive


async def test_archiving_logs_a_change_and_takes_out_of_listings(stores: Stores, producer: Producer) -> None:
    (first,), (second,) = await producer.send("alice"), await producer.send("alice")

    change = await stores.inbox.archive(ALICE, [first])

    assert change is not None
    assert change == Change("archived", 3, change.at, 1, (first,))
    assert await listed(stores) == [second]
    assert [found.id for found in (await stores.inbox.pending(ALICE, 10)).notifications] == [second]


async def test_archiving_again_changes_nothing(stores: Stores, producer: Producer) -> None:
    ids = await producer.send("alice")
    await stores.inbox.archive(ALICE, ids)

    assert await stores.inbox.archive(ALICE, ids) is None
    assert (await stores.inbox.head(ALICE)).seq == 2


async def test_nobody_archives_what_is_not_theirs(stores: Stores, producer: Producer) -> None:
    (own,), (foreign,) = await producer.send("alice"), await producer.send("bob")

    with pytest.raises(NotFound):
        await stores.inbox.archive(ALICE, [own, foreign])
    assert await listed(stores) == [own]


async def test_a_device_that_was_away_is_told_of_what_was_archived(stores: Stores, producer: Producer) -> None:
    ids = await producer.send("alice")
    await stores.inbox.archive(ALICE, ids)

    page = await stores.inbox.read(ALICE, 0, 10)

    assert [(event.seq, event.name) for event in page.events] == [(1, "notification"), (2, "notification:changed")]


# cancel


async def test_cancelling_takes_back_every_copy_and_tells_each_inbox(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    request = producer.write("alice", "bob")
    await stores.submissions.accept([request])

    changes = await stores.requests.cancel(TENANT, request.id)

    one, two = request.copies
    assert {owner: (change.kind, change.seq, change.unread, change.ids) for owner, change in changes.items()} == {
        ALICE: ("cancelled", 3, 1, (one.id,)),
        BOB: ("cancelled", 2, 0, (two.id,)),
    }
    assert (len(await listed(stores)), await listed(stores, "bob")) == (1, [])
    page = await stores.inbox.read(BOB, 0, 10)
    assert [(event.seq, event.prev, event.name) for event in page.events] == [(2, 0, "notification:changed")]


async def test_cancelling_again_changes_nothing(stores: Stores, producer: Producer) -> None:
    request = producer.write("alice")
    await stores.submissions.accept([request])

    changes = await asyncio.gather(*(stores.requests.cancel(TENANT, request.id) for _ in range(5)))

    assert sorted(map(len, changes)) == [0, 0, 0, 0, 1]
    assert (await stores.inbox.head(ALICE)).seq == 2


async def test_what_was_held_is_never_released_once_it_is_cancelled(stores: Stores, producer: Producer) -> None:
    request = producer.write_for(60, "alice", "bob")
    await stores.submissions.accept([request])

    assert await stores.requests.cancel(TENANT, request.id) == {}
    await stores.later(61)

    assert await stores.held.release(10) == []
    assert (await stores.inbox.head(ALICE)).seq == 0
    (delivery,) = await stores.requests.deliveries(TENANT, None, request.copies[0].id)
    assert (delivery.state, delivery.reason, delivery.attempts) == ("cancelled", None, 0)


async def test_a_job_of_what_was_cancelled_has_nothing_to_show(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    request = producer.write("alice")
    await stores.submissions.accept([request])
    await stores.requests.cancel(TENANT, request.id)

    assert await stores.outbox.events(jobs_of(request)) == {}


@pytest.mark.parametrize("id", [NOBODYS, NONSENSE])
async def test_a_request_that_was_never_made_cannot_be_cancelled(stores: Stores, id: UUID) -> None:
    with pytest.raises(NotFound):
        await stores.requests.cancel(TENANT, id)


async def test_a_tenant_cancels_only_its_own_requests(stores: Stores, producer: Producer) -> None:
    request = producer.write("alice")
    await stores.submissions.accept([request])

    with pytest.raises(NotFound):
        await stores.requests.cancel("other", request.id)
    assert len(await listed(stores)) == 1


# deliveries


async def test_what_became_of_a_notification_is_told_by_channel(stores: Stores, producer: Producer) -> None:
    request = producer.write("alice")
    (answer,) = accepted(await stores.submissions.accept([request]))
    id = answer.placed[0].id
    assert await stores.requests.deliveries(TENANT, "alice", id) == ()

    await stores.outbox.settle([Outcome(job, Status.SENT) for job in jobs_of(request)])

    (delivery,) = await stores.requests.deliveries(TENANT, "alice", id)
    assert (delivery.channel, delivery.state, delivery.reason, delivery.attempts) == (
        Channel.WEBSOCKET,
        "sent",
        None,
        1,
    )


async def test_what_is_held_was_not_tried_yet(stores: Stores, producer: Producer) -> None:
    request = producer.write_for(60, "alice")
    await stores.submissions.accept([request])

    (delivery,) = await stores.requests.deliveries(TENANT, None, request.copies[0].id)

    assert (delivery.state, delivery.reason, delivery.attempts) == ("held", "scheduled", 0)


async def test_only_its_recipient_and_its_tenant_are_told(stores: Stores, producer: Producer) -> None:
    (id,) = await producer.send("alice")

    assert await stores.requests.deliveries(TENANT, None, id) == ()
    for tenant, user in (("other", "alice"), ("other", None), (TENANT, "bob")):
        with pytest.raises(NotFound):
            await stores.requests.deliveries(tenant, user, id)
