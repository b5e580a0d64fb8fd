"""What SubmissionStore promises."""

import asyncio
import json
from datetime import timedelta

from notifications.domain.limits import IDEMPOTENCY_KEPT, SWEEP_AFTER
from notifications.domain.notification import Actor, Entity, Message, Priority
from notifications.domain.submission import Accepted, Conflict, Submission, jobs_of
from tests.contract.stores import Producer, Stores, accepted, owner
from tests.contract.workers import Worker


async def test_answers_come_in_the_order_of_the_submissions(stores: Stores, producer: Producer) -> None:
    group = [producer.write(user) for user in ("cleo", "alice", "bob")]
    answers = accepted(await stores.submissions.accept(group))
    assert [answer.id for answer in answers] == [submission.id for submission in group]
    assert [answer.placed[0].user for answer in answers] == ["cleo", "alice", "bob"]
    assert not any(answer.replayed for answer in answers)


async def test_copies_keep_the_order_and_the_ids_of_the_submission(stores: Stores, producer: Producer) -> None:
    submission = producer.write("cleo", "alice", "bob")
    (answer,) = accepted(await stores.submissions.accept([submission]))
    assert [(copy.id, copy.user) for copy in answer.placed] == [(copy.id, copy.user) for copy in submission.copies]


async def test_an_inbox_counts_from_one_in_the_order_of_the_group(stores: Stores, producer: Producer) -> None:
    group = [producer.write("alice", "bob"), producer.write("bob"), producer.write("alice", "bob")]
    answers = accepted(await stores.submissions.accept(group))
    assert [[(copy.user, copy.seq) for copy in answer.placed] for answer in answers] == [
        [("alice", 1), ("bob", 1)],
        [("bob", 2)],
        [("alice", 2), ("bob", 3)],
    ]


async def test_the_next_group_counts_on(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    await producer.send("alice")
    (answer,) = accepted(await stores.submissions.accept([producer.write("alice")]))
    assert answer.placed[0].seq == 3


async def test_somebody_named_twice_gets_two_copies_in_order(stores: Stores, producer: Producer) -> None:
    (answer,) = accepted(await stores.submissions.accept([producer.write("alice", "bob", "alice")]))
    assert [(copy.user, copy.seq) for copy in answer.placed] == [("alice", 1), ("bob", 1), ("alice", 2)]


async def test_what_was_said_is_kept_whole(stores: Stores, producer: Producer) -> None:
    message = Message(
        type="order.shipped",
        content="Grüße \U0001f680 'quoted' \\ and\nmore",
        priority=Priority.CRITICAL,
        actor=Actor("shop", "The shop", "https://shop.example/a.png"),
        entity=Entity("order", "4711"),
        metadata='{"items":[1,2.5,null,{"ä":"ß"}]}',
        expires_at=stores.now() + timedelta(days=1),
    )
    await producer.send("alice", message=message)
    (kept,) = (await stores.inbox.pending(owner("alice"), 10)).notifications
    assert json.loads(kept.message.metadata) == json.loads(message.metadata)
    assert (kept.message.type, kept.message.content, kept.message.priority) == (
        message.type,
        message.content,
        message.priority,
    )
    assert (kept.message.actor, kept.message.entity) == (message.actor, message.entity)
    assert kept.message.expires_at == message.expires_at


async def test_a_notification_is_as_old_as_its_submission(stores: Stores, producer: Producer) -> None:
    submission = producer.write("alice")
    await stores.submissions.accept([submission])
    (kept,) = (await stores.inbox.pending(owner("alice"), 10)).notifications
    assert kept.created_at == submission.created_at


async def test_every_copy_leaves_an_unpublished_job(stores: Stores, producer: Producer, worker: Worker) -> None:
    submission = producer.write("alice", "bob")
    await stores.submissions.accept([submission])
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == set(jobs_of(submission))


async def test_a_twin_is_answered_by_what_is_stored(stores: Stores, producer: Producer) -> None:
    first, twin = producer.write("bob", "alice", key="k"), producer.write("bob", "alice", key="k")
    (answer,) = accepted(await stores.submissions.accept([first]))
    assert await stores.submissions.accept([twin]) == [Accepted(first.id, answer.placed, replayed=True)]
    assert (await stores.inbox.head(owner("alice"))).seq == 1


async def test_a_twin_in_the_same_group_is_answered_alike(stores: Stores, producer: Producer) -> None:
    first, other, twin = producer.write("alice", key="k"), producer.write("alice"), producer.write("alice", key="k")
    answers = accepted(await stores.submissions.accept([first, other, twin]))
    assert answers[2] == Accepted(first.id, answers[0].placed, replayed=True)
    assert (await stores.inbox.head(owner("alice"))).seq == 2


async def test_the_same_key_with_another_body_is_a_conflict(stores: Stores, producer: Producer) -> None:
    await stores.submissions.accept([producer.write("alice", key="k", body=b"one")])
    assert await stores.submissions.accept([producer.write("bob", key="k", body=b"two")]) == [Conflict()]
    assert (await stores.inbox.head(owner("bob"))).seq == 0


async def test_a_conflict_in_the_same_group_leaves_the_others_alone(stores: Stores, producer: Producer) -> None:
    one, two = producer.write("alice", key="k", body=b"one"), producer.write("alice", key="k", body=b"two")
    answers = await stores.submissions.accept([one, two, producer.write("alice")])
    assert answers[1] == Conflict()
    assert [answer.placed[0].seq for answer in answers if isinstance(answer, Accepted)] == [1, 2]


async def test_a_replay_leaves_no_job(stores: Stores, producer: Producer, worker: Worker) -> None:
    first = producer.write("alice", key="k")
    await stores.submissions.accept([first, producer.write("alice", key="k")])
    await stores.submissions.accept([producer.write("alice", key="k")])
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == set(jobs_of(first))


async def test_a_submission_repeated_after_an_unknown_commit_is_not_a_replay(
    stores: Stores, producer: Producer
) -> None:
    submission = producer.write("alice", key="k")
    answers = [accepted(await stores.submissions.accept([submission]))[0] for _ in range(2)]
    assert answers[0] == answers[1]


async def test_keys_of_different_tenants_are_different_keys(stores: Stores, producer: Producer) -> None:
    ours = producer.write("alice", key="k", body=b"ours")
    theirs = producer.write("alice", key="k", body=b"theirs", tenant="other")
    answers = accepted(await stores.submissions.accept([ours, theirs]))
    assert [answer.placed[0].seq for answer in answers] == [1, 1]


async def test_inboxes_of_the_same_user_name_in_two_tenants_are_two(stores: Stores, producer: Producer) -> None:
    await producer.send("alice", tenant="other")
    assert (await stores.inbox.head(owner("alice"))).seq == 0
    assert (await stores.inbox.head(owner("alice", "other"))).seq == 1


async def test_a_key_is_kept_for_a_day(stores: Stores, producer: Producer) -> None:
    await stores.submissions.accept([producer.write("alice", key="k", body=b"one")])
    await stores.later(IDEMPOTENCY_KEPT - 60)
    assert await stores.submissions.accept([producer.write("alice", key="k", body=b"two")]) == [Conflict()]


async def test_a_key_older_than_a_day_is_free_again(stores: Stores, producer: Producer) -> None:
    await stores.submissions.accept([producer.write("alice", key="k", body=b"one")])
    await stores.later(IDEMPOTENCY_KEPT + 60)
    fresh = producer.write("alice", key="k", body=b"two")
    (answer,) = accepted(await stores.submissions.accept([fresh]))
    assert (answer.id, answer.placed[0].seq, answer.replayed) == (fresh.id, 2, False)
    twin = producer.write("alice", key="k", body=b"two")
    assert await stores.submissions.accept([twin]) == [Accepted(fresh.id, answer.placed, replayed=True)]


async def test_a_hundred_twins_at_once_make_one_row_and_one_answer(stores: Stores, producer: Producer) -> None:
    twins = [producer.write("alice", "bob", key="k") for _ in range(100)]
    answers = [accepted(group)[0] for group in await _at_once(stores, twins)]
    assert len({(answer.id, answer.placed) for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    heads = await stores.inbox.heads([owner("alice"), owner("bob")])
    assert [head.seq for head in heads.values()] == [1, 1]


async def test_fifty_writers_at_once_number_an_inbox_without_holes(stores: Stores, producer: Producer) -> None:
    submissions = [producer.write("alice", f"user-{n}", "bob") for n in range(50)]
    answers = [accepted(group)[0] for group in await _at_once(stores, submissions)]
    for place in (0, 2):
        assert sorted(answer.placed[place].seq or 0 for answer in answers) == list(range(1, 51))
    page = await stores.inbox.read(owner("alice"), 0, 100)
    assert [(event.prev, event.seq) for event in page.events] == [(n, n + 1) for n in range(50)]


async def test_groups_that_share_inboxes_in_opposite_order_all_commit(stores: Stores, producer: Producer) -> None:
    users = [f"user-{n}" for n in range(20)]
    groups = [[producer.write(user) for user in order] for order in (users, users[::-1]) for _ in range(10)]
    await asyncio.gather(*(stores.submissions.accept(group) for group in groups))
    heads = await stores.inbox.heads([owner(user) for user in users])
    assert [head.seq for head in heads.values()] == [20] * len(users)


async def test_groups_that_share_keys_in_opposite_order_all_commit(stores: Stores, producer: Producer) -> None:
    keys = [f"key-{n}" for n in range(20)]
    groups = [[producer.write("alice", key=key) for key in order] for order in (keys, keys[::-1]) for _ in range(5)]
    answers = await asyncio.gather(*(stores.submissions.accept(group) for group in groups))
    assert len({answer.id for group in answers for answer in accepted(group)}) == 20
    assert (await stores.inbox.head(owner("alice"))).seq == 20


async def _at_once(stores: Stores, submissions: list[Submission]) -> list[list[Accepted | Conflict]]:
    return await asyncio.gather(*(stores.submissions.accept([submission]) for submission in submissions))
