"""What DigestStore promises."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from notifications.domain.digest import Digest
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status
from notifications.domain.limits import SWEEP_AFTER
from notifications.domain.notification import Message
from notifications.domain.preferences import Frequency
from notifications.domain.submission import job_of
from tests.contract.stores import Logged, Producer, Stores, owner
from tests.contract.workers import Worker

ALICE = owner("alice")


@pytest.fixture
def due_at(stores: Stores) -> datetime:
    """An hour from now."""
    return stores.now() + timedelta(hours=1)


async def accept(stores: Stores, producer: Producer, *contents: str) -> list[Job]:
    """Have mails to alice accepted."""
    jobs = []
    for content in contents:
        message = Message("greeting", content)
        submission = replace(producer.write("alice", message=message), channels=frozenset({Channel.EMAIL}))
        await stores.submissions.accept([submission])
        jobs.append(job_of(submission, submission.copies[0], Channel.EMAIL))
        await stores.later(1)
    await stores.outbox.mark_published(jobs)
    return jobs


def write(number: int, due_at: datetime, period: Frequency = Frequency.DAILY) -> Digest:
    return Digest(UUID(int=number), ALICE, Channel.EMAIL, period, due_at)


def job_for(number: int) -> Job:
    return Job(UUID(int=number), ALICE, Channel.EMAIL, Queue.LOW, digest=True)


async def test_what_is_collected_goes_out_together_when_it_is_due(
    stores: Stores, producer: Producer, worker: Worker, due_at: datetime
) -> None:
    for number, job in enumerate(await accept(stores, producer, "one", "two", "three"), 1):
        assert await stores.digests.collect(job, write(number, due_at))
        assert await stores.logged(job) == Logged("digested", None)
    await stores.later(3500)
    assert await worker.sweep() == set()
    await stores.later(200)
    assert await worker.sweep() == {job_for(1)}

    edition = await stores.digests.edit(job_for(1), 2)
    assert edition is not None
    assert [notification.message.content for notification in edition.notifications] == ["three", "two"]
    assert (edition.total, edition.period, edition.queued_at, edition.attempts) == (3, Frequency.DAILY, due_at, 0)


async def test_a_digest_has_one_record_however_many_collect_for_it_at_once(
    stores: Stores, producer: Producer, worker: Worker, due_at: datetime
) -> None:
    jobs = await accept(stores, producer, *(f"number {number}" for number in range(8)))
    collected = [stores.digests.collect(job, write(number, due_at)) for number, job in enumerate(jobs, 1)]
    assert all(await asyncio.gather(*collected))
    await stores.later(3700)
    (job,) = await worker.sweep()
    edition = await stores.digests.edit(job, 50)
    assert edition is not None
    assert edition.total == 8


async def test_what_is_settled_is_collected_no_more(
    stores: Stores, producer: Producer, worker: Worker, due_at: datetime
) -> None:
    (job,) = await accept(stores, producer, "one")
    await stores.outbox.settle([Outcome(job, Status.SENT)])
    assert await stores.digests.collect(job, write(1, due_at))
    await stores.later(3700)
    assert await worker.sweep() == set()
    assert await stores.logged(job) == Logged("sent", None)


async def test_what_comes_after_the_closing_belongs_into_the_next_one(
    stores: Stores, producer: Producer, due_at: datetime
) -> None:
    first, late = await accept(stores, producer, "one", "late")
    await stores.digests.collect(first, write(1, due_at))
    await stores.digests.edit(job_for(1), 50)
    assert not await stores.digests.collect(late, write(2, due_at))
    assert late in await stores.outbox.errands([late])
    assert await stores.digests.collect(late, write(3, due_at + timedelta(days=1)))


async def test_what_was_read_or_cancelled_meanwhile_is_left_out(
    stores: Stores, producer: Producer, due_at: datetime
) -> None:
    shown = producer.write("alice", message=Message("greeting", "read"))
    shown = replace(shown, channels=frozenset({Channel.EMAIL, Channel.WEBSOCKET}))
    taken_back = replace(producer.write("alice"), channels=frozenset({Channel.EMAIL}))
    await stores.submissions.accept([shown, taken_back])
    jobs = [job_of(each, each.copies[0], Channel.EMAIL) for each in (shown, taken_back)]
    for number, job in enumerate([*jobs, *await accept(stores, producer, "left")], 1):
        await stores.digests.collect(job, write(number, due_at))
    await stores.inbox.mark_read(ALICE, [shown.copies[0].id])
    await stores.requests.cancel(ALICE.tenant, taken_back.id)
    edition = await stores.digests.edit(job_for(1), 50)
    assert edition is not None
    assert [notification.message.content for notification in edition.notifications] == ["left"]


async def test_weekly_wins_where_both_meet(stores: Stores, producer: Producer, due_at: datetime) -> None:
    daily, weekly = await accept(stores, producer, "daily", "weekly")
    await stores.digests.collect(daily, write(1, due_at))
    await stores.digests.collect(weekly, write(2, due_at, Frequency.WEEKLY))
    edition = await stores.digests.edit(job_for(1), 50)
    assert edition is not None
    assert edition.period is Frequency.WEEKLY


async def test_a_digest_that_has_gone_out_is_gone(
    stores: Stores, producer: Producer, worker: Worker, due_at: datetime
) -> None:
    (job,) = await accept(stores, producer, "one")
    await stores.digests.collect(job, write(1, due_at))
    await stores.digests.edit(job_for(1), 50)
    await stores.outbox.settle([Outcome(job_for(1), Status.SENT)])
    assert await stores.digests.edit(job_for(1), 50) is None
    await stores.later(3700 + SWEEP_AFTER)
    assert await worker.sweep() == set()


async def test_a_digest_is_edited_for_its_owner_only(stores: Stores, producer: Producer, due_at: datetime) -> None:
    (job,) = await accept(stores, producer, "one")
    await stores.digests.collect(job, write(1, due_at))
    for thief in (owner("bob"), owner("alice", "other")):
        assert await stores.digests.edit(replace(job_for(1), owner=thief), 50) is None
