"""What DeadLetterStore promises."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.dead_letter import DeadLetter, LetterKey, Retry
from notifications.domain.digest import Digest
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status
from notifications.domain.preferences import Frequency
from notifications.domain.submission import job_of
from tests.contract.stores import HELLO, TENANT, Producer, Stores, accepted, owner
from tests.contract.workers import Worker

NOBODY = LetterKey(UUID(int=0), Channel.WEBSOCKET)


def key_of(job: Job) -> LetterKey:
    return LetterKey(job.notification, job.channel)


async def queue(stores: Stores, producer: Producer, tenant: str = TENANT, channels: int = 1) -> list[Job]:
    """Send something to alice, over as many channels, and return its jobs."""
    wanted = [Channel.WEBSOCKET, Channel.EMAIL, Channel.WEBHOOK][:channels]
    submission = replace(producer.write("alice", tenant=tenant), channels=frozenset(wanted))
    accepted(await stores.submissions.accept([submission]))
    return [job_of(submission, submission.copies[0], channel) for channel in wanted]


async def bury(stores: Stores, job: Job, reason: str = "broken") -> LetterKey:
    await stores.outbox.settle([Outcome(job, Status.DEAD, reason)])
    await stores.later(1)
    return key_of(job)


async def die(stores: Stores, producer: Producer, tenant: str = TENANT) -> LetterKey:
    """Send something whose only job is given up."""
    (job,) = await queue(stores, producer, tenant)
    return await bury(stores, job)


async def keys(stores: Stores, channel: Channel | None = None, tenant: str = TENANT) -> list[LetterKey]:
    return [letter.key for letter in await stores.dead_letters.letters(tenant, channel, None, 100)]


async def test_a_dead_letter_tells_what_was_tried(stores: Stores, producer: Producer) -> None:
    (job,) = await queue(stores, producer)
    start = stores.now()
    for number in range(2):
        await stores.outbox.settle([Outcome(job, Status.RETRYING, f"failure {number}", wait=1.0)])
    key = await bury(stores, job, "failure 2")

    (letter,) = await stores.dead_letters.letters(TENANT, None, None, 10)

    assert (letter.key, letter.owner, letter.type) == (key, owner("alice"), HELLO.type)
    assert (letter.reason, letter.attempts) == ("failure 2", 3)
    assert [failure.reason for failure in letter.history] == ["failure 0", "failure 1", "failure 2"]
    assert all(abs((at - start).total_seconds()) < 5 for at in [letter.died_at, *(f.at for f in letter.history)])


async def test_letters_are_listed_the_last_that_died_first_page_by_page(stores: Stores, producer: Producer) -> None:
    died = [await die(stores, producer) for _ in range(5)]
    jobs = await queue(stores, producer, channels=3)
    await stores.outbox.settle([Outcome(job, Status.DEAD) for job in jobs])  # all at once, and nobody says why

    found: list[DeadLetter] = []
    while page := await stores.dead_letters.letters(TENANT, None, found[-1].place if found else None, 2):
        assert len(page) <= 2
        found += page

    assert [letter.key for letter in found] == [*sorted(map(key_of, jobs), reverse=True), *reversed(died)]
    assert [failure.reason for failure in found[0].history] == [""]


async def test_letters_are_listed_by_channel_and_tenant(stores: Stores, producer: Producer) -> None:
    socket, mail = [await bury(stores, job) for job in await queue(stores, producer, channels=2)]
    foreign = await die(stores, producer, "other")

    assert await keys(stores) == [mail, socket]
    assert await keys(stores, Channel.EMAIL) == [mail]
    assert await keys(stores, Channel.PUSH) == []
    assert await keys(stores, tenant="other") == [foreign]


async def test_what_is_retried_is_queued_again_in_its_next_turn_with_all_attempts_before_it(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    _, job = await queue(stores, producer, channels=2)
    key = await bury(stores, job)

    assert await stores.dead_letters.retry(TENANT, [key]) == {key: Retry.RETRIED}

    assert await keys(stores) == []
    await stores.later(2)
    again = replace(job, turn=1)
    assert again in await worker.sweep()
    assert (await stores.outbox.errands([again]))[again].attempts == 0
    logged = await stores.logged(job)
    assert logged is not None
    assert logged.state == "retrying"


async def test_what_dies_again_is_a_dead_letter_again(stores: Stores, producer: Producer, worker: Worker) -> None:
    (job,) = await queue(stores, producer)
    key = await bury(stores, job, "once")
    await stores.dead_letters.retry(TENANT, [key])
    await bury(stores, replace(job, turn=1), "twice")

    (letter,) = await stores.dead_letters.letters(TENANT, None, None, 10)
    assert (letter.key, letter.reason, letter.attempts) == (key, "twice", 1)
    assert [failure.reason for failure in letter.history] == ["once", "twice"]
    assert await stores.dead_letters.retry(TENANT, [key]) == {key: Retry.RETRIED}
    await stores.later(2)
    assert await worker.sweep() == {replace(job, turn=2)}


async def test_a_letter_is_retried_once(stores: Stores, producer: Producer, worker: Worker) -> None:
    (job,) = await queue(stores, producer)
    key = await bury(stores, job)

    answers = [await stores.dead_letters.retry(TENANT, [key, key, NOBODY]) for _ in range(2)]

    assert answers == [
        {key: Retry.RETRIED, NOBODY: Retry.UNKNOWN},
        {key: Retry.UNKNOWN, NOBODY: Retry.UNKNOWN},
    ]
    await stores.later(2)
    assert await worker.sweep() == {replace(job, turn=1)}


async def test_what_is_retried_counts_as_queued_anew(stores: Stores, producer: Producer) -> None:
    _, mail = await queue(stores, producer, channels=2)
    key = await bury(stores, mail)
    await stores.later(3 * 86_400)
    await stores.dead_letters.retry(TENANT, [key])
    (errand,) = (await stores.outbox.errands([replace(mail, turn=1)])).values()
    assert abs(errand.queued_at - stores.now()) < timedelta(seconds=5)


async def test_a_digest_is_retried_as_a_digest(stores: Stores, producer: Producer, worker: Worker) -> None:
    due_at = stores.now() + timedelta(hours=1)
    _, mail = await queue(stores, producer, channels=2)
    digest = Digest(UUID(int=1), owner("alice"), Channel.EMAIL, Frequency.DAILY, due_at)
    assert await stores.digests.collect(mail, digest)
    await stores.later(3700)
    job = Job(digest.id, digest.owner, Channel.EMAIL, Queue.LOW, digest=True)
    assert job in await worker.sweep()
    key = await bury(stores, job)

    (letter,) = await stores.dead_letters.letters(TENANT, None, None, 10)
    assert (letter.key, letter.owner, letter.type) == (key, digest.owner, None)
    assert await stores.dead_letters.retry(TENANT, [key]) == {key: Retry.RETRIED}
    await stores.later(2)
    again = replace(job, turn=1)
    assert again in await worker.sweep()
    edition = await stores.digests.edit(again, 10)
    assert edition is not None
    assert (edition.total, edition.attempts) == (1, 0)
    assert due_at < edition.queued_at <= stores.now()


async def test_what_was_cancelled_or_has_expired_cannot_be_retried_and_stays(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    (kept,) = await queue(stores, producer)
    expiring = producer.write("alice", message=replace(HELLO, expires_at=stores.now() + timedelta(seconds=1)))
    cancelled = producer.write("alice")
    accepted(await stores.submissions.accept([cancelled, expiring]))
    jobs = [kept, *(job_of(each, each.copies[0], Channel.WEBSOCKET) for each in (cancelled, expiring))]
    letters = [await bury(stores, job) for job in jobs]
    await stores.requests.cancel(TENANT, cancelled.id)

    answers = await stores.dead_letters.retry(TENANT, letters)

    assert [answers[key] for key in letters] == [Retry.RETRIED, Retry.CANCELLED, Retry.EXPIRED]
    assert set(await keys(stores)) == set(letters[1:])
    await stores.later(2)
    assert await worker.sweep() == {replace(kept, turn=1)}


async def test_what_is_discarded_is_gone_and_others_stay(stores: Stores, producer: Producer, worker: Worker) -> None:
    first, second = [await die(stores, producer) for _ in range(2)]

    assert await stores.dead_letters.discard(TENANT, [first, NOBODY]) == {first}
    assert await stores.dead_letters.discard(TENANT, [first, NOBODY]) == set()

    assert await keys(stores) == [second]
    await stores.later(2)
    assert await worker.sweep() == set()


@pytest.mark.parametrize("act", ["retry", "discard"])
async def test_a_tenant_touches_its_own_letters_only(stores: Stores, producer: Producer, act: str) -> None:
    key = await die(stores, producer)

    if act == "retry":
        assert await stores.dead_letters.retry("other", [key]) == {key: Retry.UNKNOWN}
    else:
        assert await stores.dead_letters.discard("other", [key]) == set()

    assert await keys(stores) == [key]
