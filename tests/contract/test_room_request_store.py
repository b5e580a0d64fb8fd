"""What RoomRequestStore promises."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.adapters.memory import rooms as memory_rooms
from notifications.adapters.postgres import room_requests as postgres_rooms
from notifications.domain import rooms as domain_rooms
from notifications.domain.errors import NotFound
from notifications.domain.ids import time_of
from notifications.domain.jobs import Channel
from notifications.domain.limits import CHUNK_PAUSE, EXPAND_AFTER_FAILURE, IDEMPOTENCY_KEPT, SWEEP_AFTER
from notifications.domain.notification import Actor, Entity, Message, Priority
from notifications.domain.rooms import RoomState
from notifications.domain.submission import Accepted, Conflict, State, jobs_due, jobs_of
from tests.contract.rooms import ROOM, expand, expand_whole, fill, hand_in, shown, state_of, users_of
from tests.contract.stores import TENANT, Producer, Stores, accepted, owner
from tests.contract.workers import Worker

ALICE = owner("alice")


# accepting


async def test_an_accepted_request_waits_and_nobody_has_it_yet(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    submission = producer.write_to(ROOM)

    assert await stores.room_requests.accept(submission) == Accepted(submission.id, ())

    assert await state_of(stores, submission.id) == (RoomState.ACCEPTED, 0)
    assert await stores.room_requests.due(10) == [submission.id]
    assert await shown(stores, "alice") == []


async def test_a_twin_is_answered_as_the_first_and_makes_no_second_request(stores: Stores, producer: Producer) -> None:
    first = producer.write_to(ROOM, key="k")
    await stores.room_requests.accept(first)

    assert await stores.room_requests.accept(first) == Accepted(first.id, ())
    assert await stores.room_requests.accept(producer.write_to(ROOM, key="k")) == Accepted(first.id, (), replayed=True)
    assert await stores.room_requests.due(10) == [first.id]


async def test_a_hundred_twins_at_once_make_one_request(stores: Stores, producer: Producer) -> None:
    twins = [producer.write_to(ROOM, key="k") for _ in range(100)]
    answers = accepted(await asyncio.gather(*(stores.room_requests.accept(twin) for twin in twins)))

    assert len({answer.id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert await stores.room_requests.due(10) == [answers[0].id]


async def test_keys_are_shared_with_submissions_to_recipients(stores: Stores, producer: Producer) -> None:
    await stores.room_requests.accept(producer.write_to(ROOM, key="a", body=b"room"))
    await stores.submissions.accept([producer.write("alice", key="b", body=b"alice")])

    assert await stores.room_requests.accept(producer.write_to(ROOM, key="a", body=b"other")) == Conflict()
    assert await stores.submissions.accept([producer.write("alice", key="a", body=b"alice")]) == [Conflict()]
    assert await stores.room_requests.accept(producer.write_to(ROOM, key="b", body=b"room")) == Conflict()
    assert len(await stores.room_requests.due(10)) == 1


async def test_a_key_older_than_a_day_is_free_again(stores: Stores, producer: Producer) -> None:
    await stores.room_requests.accept(producer.write_to(ROOM, key="k", body=b"one"))
    await stores.later(IDEMPOTENCY_KEPT + 60)
    fresh = producer.write_to(ROOM, key="k", body=b"two")

    assert await stores.room_requests.accept(fresh) == Accepted(fresh.id, ())


async def test_a_request_is_found_by_its_tenant_and_room_only(stores: Stores, producer: Producer) -> None:
    id = await hand_in(stores, producer.write_to(ROOM))

    for tenant, room in (("other", ROOM), (TENANT, "group:8")):
        with pytest.raises(NotFound):
            await stores.room_requests.find(tenant, room, id)


# expanding


async def test_every_member_gets_a_copy_with_all_that_was_said(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    message = Message(
        type="order.shipped",
        content="Grüße \U0001f680 'quoted'",
        priority=Priority.HIGH,
        actor=Actor("shop", "The shop", "https://shop.example/a.png"),
        entity=Entity("order", "4711"),
        metadata='{"items": [1, 2.5, null]}',
        expires_at=stores.now() + timedelta(days=1),
    )
    await fill(stores, "alice", "bob")
    submission = producer.write_to(ROOM, message=message)
    (chunk,) = await expand_whole(stores, producer, await hand_in(stores, submission))

    assert [(copy.user, copy.seq, copy.state) for copy in chunk.placed] == [
        ("alice", 1, State.QUEUED),
        ("bob", 1, State.QUEUED),
    ]
    (kept,) = (await stores.inbox.pending(ALICE, 10)).notifications
    assert (kept.id, kept.created_at) == (chunk.placed[0].id, submission.created_at)
    assert replace(kept.message, metadata=message.metadata) == message
    assert {time_of(copy.id) for copy in chunk.placed} == {time_of(submission.id)}
    assert await state_of(stores, submission.id) == (RoomState.EXPANDED, 2)
    await stores.later(2)
    assert await worker.sweep() == set(jobs_of(chunk.submission))


async def test_chunks_reach_each_member_once_and_rest_between(stores: Stores, producer: Producer) -> None:
    await fill(stores, *(f"user-{number}" for number in range(5)))
    id = await hand_in(stores, producer.write_to(ROOM))

    first = await expand(stores, producer, id, 2)
    assert await stores.room_requests.due(10) == []
    assert await stores.room_requests.expand(id, 2, producer.make_id) is None
    await stores.later(CHUNK_PAUSE)
    assert await stores.room_requests.due(10) == [id]
    rest = await expand_whole(stores, producer, id, 2)

    chunks = [users_of(chunk) for chunk in (first, *rest)]
    assert chunks == [["user-0", "user-1"], ["user-2", "user-3"], ["user-4"]]
    assert await state_of(stores, id) == (RoomState.EXPANDED, 5)


async def test_a_last_chunk_that_is_full_is_the_last(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob")
    id = await hand_in(stores, producer.write_to(ROOM))

    assert (await expand(stores, producer, id, 2)).state is RoomState.EXPANDED


async def test_what_is_expanded_is_never_due_again(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    id = await hand_in(stores, producer.write_to(ROOM))
    await expand_whole(stores, producer, id)
    await fill(stores, "bob")
    await stores.later(3600)

    assert await stores.room_requests.due(10) == []
    assert await stores.room_requests.expand(id, 10, producer.make_id) is None


async def test_an_empty_room_is_expanded_to_nobody(stores: Stores, producer: Producer) -> None:
    id = await hand_in(stores, producer.write_to(ROOM))

    assert (await expand(stores, producer, id)).placed == ()
    assert await state_of(stores, id) == (RoomState.EXPANDED, 0)


async def test_who_joins_after_the_request_gets_nothing(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob", "dora")
    id = await hand_in(stores, producer.write_to(ROOM))
    await expand(stores, producer, id, 1)
    await stores.later(CHUNK_PAUSE)
    await fill(stores, "aaron", "cleo")
    await stores.rooms.leave(TENANT, ROOM, "dora")

    assert [users_of(chunk) for chunk in await expand_whole(stores, producer, id, 1)] == [["bob"]]


async def test_members_of_other_rooms_and_tenants_get_nothing(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    await fill(stores, "bob", room="group:8")
    await stores.rooms.join("other", ROOM, "cleo")
    id = await hand_in(stores, producer.write_to(ROOM))

    assert [users_of(chunk) for chunk in await expand_whole(stores, producer, id)] == [["alice"]]


async def test_a_room_with_more_members_than_a_request_reaches_is_said_to_be_truncated(
    stores: Stores, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (memory_rooms, postgres_rooms, domain_rooms):
        monkeypatch.setattr(module, "MAX_ROOM_MEMBERS", 3)
    await fill(stores, "alice", "bob", "cleo", "dora")
    id = await hand_in(stores, producer.write_to(ROOM))

    assert [users_of(chunk) for chunk in await expand_whole(stores, producer, id, 2)] == [["alice", "bob"], ["cleo"]]
    assert await state_of(stores, id) == (RoomState.TRUNCATED, 3)
    await stores.later(3600)
    assert await stores.room_requests.due(10) == []


async def test_many_who_expand_at_once_give_each_member_one_copy(stores: Stores, producer: Producer) -> None:
    members = [f"user-{number:02}" for number in range(20)]
    await fill(stores, *members)
    id = await hand_in(stores, producer.write_to(ROOM))

    reached: list[str] = []
    while await stores.room_requests.due(1):
        rivals = (stores.room_requests.expand(id, 3, producer.make_id) for _ in range(5))
        chunks = [chunk for chunk in await asyncio.gather(*rivals) if chunk]
        assert len(chunks) == 1
        reached += users_of(chunks[0])
        await stores.later(CHUNK_PAUSE)

    assert reached == members
    heads = await stores.inbox.heads([owner(user) for user in members])
    assert [head.seq for head in heads.values()] == [1] * len(members)


async def test_those_who_waited_longest_come_first_and_the_limit_holds(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob")
    ids = []
    for _ in range(3):
        ids.append(await hand_in(stores, producer.write_to(ROOM)))
        await stores.later(1)
    await expand(stores, producer, ids[0], 1)
    await stores.later(CHUNK_PAUSE)

    assert await stores.room_requests.due(10) == [ids[1], ids[2], ids[0]]
    assert await stores.room_requests.due(2) == [ids[1], ids[2]]


async def test_what_is_postponed_rests_for_a_while(stores: Stores, producer: Producer) -> None:
    id = await hand_in(stores, producer.write_to(ROOM))
    await stores.room_requests.postpone(id)

    await stores.later(EXPAND_AFTER_FAILURE - 5)
    assert await stores.room_requests.due(10) == []
    await stores.later(6)
    assert await stores.room_requests.due(10) == [id]


async def test_what_is_sent_for_later_is_held_for_who_is_a_member_now(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    id = await hand_in(stores, replace(producer.write_for(60), room=ROOM))
    (chunk,) = await expand_whole(stores, producer, id)
    assert [copy.state for copy in chunk.placed] == [State.HELD]
    await stores.later(61)

    assert [job.owner for job in await stores.held.release(10)] == [ALICE]


async def test_what_is_expanded_late_is_not_held_for_a_time_that_has_passed(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    id = await hand_in(stores, replace(producer.write_for(60), room=ROOM))
    await stores.later(61)

    (chunk,) = await expand_whole(stores, producer, id)

    assert [copy.state for copy in chunk.placed] == [State.QUEUED]


async def test_a_device_that_asks_by_time_is_told_of_what_came_after_it(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    id = await hand_in(stores, producer.write_to(ROOM))
    await stores.later(10)
    await producer.send("alice")
    since = stores.now() + timedelta(seconds=5)
    await stores.later(10)
    await expand_whole(stores, producer, id)

    assert await stores.inbox.seq_before(ALICE, since) == 1


async def test_what_has_expired_is_shown_to_nobody(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    expiring = replace(Message("greeting", "Soon gone"), expires_at=stores.now() + timedelta(seconds=5))
    id = await hand_in(stores, producer.write_to(ROOM, message=expiring))
    await stores.later(6)
    await expand_whole(stores, producer, id)

    assert await shown(stores, "alice") == []


async def test_the_channels_that_the_producer_named_carry_each_copy(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    await fill(stores, "alice", "bob")
    named = replace(producer.write_to(ROOM), channels=frozenset({Channel.WEBSOCKET, Channel.EMAIL}))
    await stores.room_requests.accept(named)
    chunk = await expand(stores, producer, named.id)

    jobs = jobs_due(chunk.submission, chunk.placed)
    assert sorted((job.owner.user, job.channel) for job in jobs) == [
        (user, channel) for user in ("alice", "bob") for channel in (Channel.EMAIL, Channel.WEBSOCKET)
    ]
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == set(jobs)
