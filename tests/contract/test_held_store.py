"""What HeldStore promises."""

import asyncio
from datetime import timedelta

from notifications.domain.jobs import Queue
from notifications.domain.limits import SWEEP_AFTER
from notifications.domain.notification import Message, Priority
from notifications.domain.submission import Submission, jobs_of
from tests.contract.stores import Logged, Producer, Stores, accepted, owner
from tests.contract.workers import Worker

ALICE = owner("alice")


async def hold(stores: Stores, *submissions: Submission) -> None:
    answers = accepted(await stores.submissions.accept(submissions))
    assert all(copy.seq is None for answer in answers for copy in answer.placed)


async def seqs(stores: Stores, user: str = "alice") -> list[tuple[int, str]]:
    page = await stores.inbox.read(owner(user), 0, 100)
    return [(event.seq, event.name) for event in page.events]


async def test_what_is_held_is_in_no_inbox_and_has_no_job(stores: Stores, producer: Producer, worker: Worker) -> None:
    submission = producer.write_for(60, "alice")
    await hold(stores, submission)
    await stores.later(30)

    assert await seqs(stores) == []
    assert (await stores.inbox.head(ALICE)).seq == 0
    assert await worker.sweep() == set()
    assert await stores.logged(*jobs_of(submission)) == Logged("held", "scheduled")


async def test_nothing_is_released_before_its_time(stores: Stores, producer: Producer) -> None:
    await hold(stores, producer.write_for(60, "alice"))
    await stores.later(59)

    assert await stores.held.release(10) == []


async def test_what_is_due_takes_the_next_number_and_leaves_a_job(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    submission = producer.write_for(60, "alice", message=Message("greeting", "Later", Priority.HIGH))
    await hold(stores, submission)
    await producer.send("alice")
    await stores.later(61)

    released = await stores.held.release(10)

    assert released == list(jobs_of(submission))
    assert released[0].queue == Queue.HIGH
    assert await seqs(stores) == [(1, "notification"), (2, "notification")]
    await stores.later(SWEEP_AFTER)
    assert set(released) <= await worker.sweep()
    (event,) = (await stores.outbox.events(released)).values()
    assert (event.seq, event.prev) == (2, 1)


async def test_what_was_released_is_not_released_again(stores: Stores, producer: Producer) -> None:
    await hold(stores, producer.write_for(60, "alice"))
    await stores.later(61)

    assert len(await stores.held.release(10)) == 1
    assert await stores.held.release(10) == []


async def test_inboxes_fill_in_the_order_in_which_copies_became_due(stores: Stores, producer: Producer) -> None:
    late, early = producer.write_for(60, "alice"), producer.write_for(30, "alice")
    await hold(stores, late, early)
    await stores.later(61)

    await stores.held.release(10)

    page = await stores.inbox.pending(ALICE, 10)
    assert [found.id for found in page.notifications] == [late.copies[0].id, early.copies[0].id]


async def test_the_limit_takes_the_oldest_first(stores: Stores, producer: Producer) -> None:
    submissions = [producer.write_for(seconds, "alice", "bob") for seconds in (30, 20, 10)]
    await hold(stores, *submissions)
    await stores.later(61)

    released = [await stores.held.release(2) for _ in range(4)]

    assert [set(jobs) for jobs in released] == [
        *({*jobs_of(submission)} for submission in reversed(submissions)),
        set(),
    ]


async def test_two_who_release_at_once_release_each_copy_once(stores: Stores, producer: Producer) -> None:
    users = [f"user-{number}" for number in range(20)]
    await hold(stores, *(producer.write_for(10, *users) for _ in range(5)))
    await stores.later(61)

    released = []
    while found := [job for jobs in await asyncio.gather(*(stores.held.release(30) for _ in range(4))) for job in jobs]:
        released += found

    assert len(released) == len(set(released)) == 100
    assert [await seqs(stores, user) for user in users] == [[(n, "notification") for n in range(1, 6)]] * len(users)


async def test_a_device_that_asks_by_time_is_told_of_what_was_released_since(
    stores: Stores, producer: Producer
) -> None:
    await producer.send("alice")
    await hold(stores, producer.write_for(60, "alice"))
    since = stores.now() + timedelta(seconds=30)
    await stores.later(61)
    await stores.held.release(10)

    assert await stores.inbox.seq_before(ALICE, since) == 1


async def test_waiting_for_its_time_is_not_waiting_in_a_queue(stores: Stores, producer: Producer) -> None:
    await hold(stores, producer.write_for(3600, "alice"))
    await stores.later(3601)
    await stores.held.release(10)

    backlog = (await stores.outbox.backlog())[Queue.NORMAL]
    assert (backlog.depth, backlog.oldest < 10) == (1, True)
