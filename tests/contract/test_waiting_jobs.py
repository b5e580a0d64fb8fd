"""What OutboxStore promises of jobs that are tried again, wait for a time, or are followed by a push message."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.jobs import Channel, Job, Outcome, Status
from notifications.domain.limits import PUSH_UNLESS_SEEN, REDRIVE_AFTER, SWEEP_AFTER
from notifications.domain.push import Device, DeviceKind
from notifications.domain.submission import job_of, jobs_of
from tests.contract.stores import Logged, Producer, Stores, owner
from tests.contract.workers import Worker

ALICE = owner("alice")
DEVICE = Device(UUID(int=1), ALICE, DeviceKind.FCM, "token")


@pytest.fixture
async def mail(stores: Stores, producer: Producer) -> Job:
    """The job of a mail to alice, published."""
    submission = replace(producer.write("alice"), channels=frozenset({Channel.EMAIL}))
    await stores.submissions.accept([submission])
    job = job_of(submission, submission.copies[0], Channel.EMAIL)
    await stores.outbox.mark_published([job])
    return job


async def test_an_errand_tells_what_to_bring_and_what_was_tried(stores: Stores, mail: Job) -> None:
    (errand,) = (await stores.outbox.errands([mail])).values()
    assert (errand.notification.id, errand.notification.seq, errand.attempts) == (mail.notification, 0, 0)
    for hand_outs in (1, 2):
        await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0, hand_outs=hand_outs)])
    (errand,) = (await stores.outbox.errands([mail])).values()
    assert (errand.attempts, errand.hand_outs) == (2, 2)
    assert await stores.logged(mail) == Logged("retrying", "busy")


async def test_an_attempt_that_is_written_down_twice_counts_once(stores: Stores, mail: Job) -> None:
    first = Outcome(mail, Status.RETRYING, "busy", wait=2.0, hand_outs=1, began=stores.now())
    again = replace(first, hand_outs=2, began=stores.now() + timedelta(seconds=3))
    for outcome in (first, first, again, first, again):
        await stores.outbox.settle([outcome])
    (errand,) = (await stores.outbox.errands([mail])).values()
    assert errand.attempts == 2
    await stores.outbox.settle([Outcome(mail, Status.DEAD, "refused", began=stores.now() + timedelta(seconds=9))])
    (letter,) = await stores.dead_letters.letters(ALICE.tenant, None, None, 10)
    assert (letter.attempts, [failure.reason for failure in letter.history]) == (3, ["busy", "busy", "refused"])
    assert letter.history[0].at == first.began


async def test_an_attempt_that_succeeds_counts_whatever_failed_before(stores: Stores, mail: Job) -> None:
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0, began=stores.now())])
    await stores.outbox.settle([Outcome(mail, Status.SENT)])
    delivered = await stores.requests.deliveries(ALICE.tenant, ALICE.user, mail.notification)
    assert [each.attempts for each in delivered if each.channel is mail.channel] == [2]


async def test_who_was_handed_a_job_before_lowers_no_count_of_hand_outs(stores: Stores, mail: Job) -> None:
    for hand_outs in (3, 2):
        began = stores.now() + timedelta(seconds=hand_outs)
        await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0, hand_outs=hand_outs, began=began)])
    (errand,) = (await stores.outbox.errands([mail])).values()
    assert (errand.attempts, errand.hand_outs) == (2, 3)


async def test_hand_outs_are_counted_anew_in_the_next_turn(stores: Stores, mail: Job) -> None:
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0, hand_outs=3)])
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "left alone", attempted=False, until=stores.now())])
    (errand,) = (await stores.outbox.errands([replace(mail, turn=1)])).values()
    assert (errand.attempts, errand.hand_outs) == (1, 0)


async def test_an_errand_tells_since_when_it_could_be_brought(stores: Stores, producer: Producer, mail: Job) -> None:
    (errand,) = (await stores.outbox.errands([mail])).values()
    assert abs(errand.queued_at - errand.notification.created_at) < timedelta(seconds=2)
    later = replace(producer.write_for(2 * 86_400, "alice"), channels=frozenset({Channel.EMAIL}))
    await stores.submissions.accept([later])
    (errand,) = (await stores.outbox.errands([job_of(later, later.copies[0], Channel.EMAIL)])).values()
    assert errand.queued_at == later.send_at
    until = stores.now() + timedelta(hours=8)
    await stores.outbox.settle([Outcome(mail, Status.HELD, "quiet hours", attempted=False, until=until)])
    (errand,) = (await stores.outbox.errands([replace(mail, turn=1)])).values()
    assert errand.queued_at == until


async def test_a_job_that_is_tried_again_is_left_to_the_queue(stores: Stores, mail: Job, worker: Worker) -> None:
    await stores.later(REDRIVE_AFTER - 60)
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0)])
    await stores.later(120)
    assert await worker.sweep() == set()
    await stores.later(REDRIVE_AFTER)
    assert await worker.sweep() == {mail}


async def test_a_job_that_waits_comes_back_in_its_next_turn(stores: Stores, mail: Job, worker: Worker) -> None:
    until = stores.now() + timedelta(hours=1)
    await stores.outbox.settle([Outcome(mail, Status.HELD, "quiet hours", attempted=False, until=until)])
    await stores.later(3000)
    assert await worker.sweep() == set()
    assert (await stores.outbox.backlog())[mail.queue].depth == 0
    await stores.later(700)
    assert await worker.sweep() == {replace(mail, turn=1)}
    assert replace(mail, turn=1).id != mail.id


async def test_what_the_queue_still_has_of_a_former_turn_is_void(stores: Stores, mail: Job, worker: Worker) -> None:
    until = stores.now() + timedelta(minutes=1)
    await stores.outbox.settle([Outcome(mail, Status.HELD, "quiet hours", attempted=False, until=until)])
    assert await stores.outbox.errands([mail]) == {}
    await stores.outbox.mark_published([mail])
    await stores.outbox.settle([Outcome(mail, Status.SENT)])
    await stores.later(62)
    assert await worker.sweep() == {replace(mail, turn=1)}
    assert await stores.logged(mail) == Logged("held", "quiet hours")


async def test_a_dead_letter_keeps_every_failure(stores: Stores, mail: Job) -> None:
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "busy", wait=2.0)])
    await stores.outbox.settle([Outcome(mail, Status.RETRYING, "left alone", attempted=False, wait=2.0)])
    await stores.outbox.settle([Outcome(mail, Status.DEAD, "refused")])
    assert await stores.dead_letter(mail) == "refused"
    (letter,) = await stores.dead_letters.letters(ALICE.tenant, None, None, 10)
    assert [failure.reason for failure in letter.history] == ["busy", "refused"]
    assert letter.attempts == 2


async def test_push_follows_at_once_what_reached_no_socket(stores: Stores, producer: Producer, worker: Worker) -> None:
    shown, push = await accept(stores, producer)
    await stores.outbox.settle([Outcome(shown, Status.OFFLINE)])
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == {push}


async def test_push_follows_later_what_was_only_sent(stores: Stores, producer: Producer, worker: Worker) -> None:
    shown, push = await accept(stores, producer)
    await stores.outbox.settle([Outcome(shown, Status.SENT)])
    await stores.later(PUSH_UNLESS_SEEN)
    assert await worker.sweep() == set()
    await stores.inbox.mark_delivered([shown.notification])
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == {push}
    (errand,) = (await stores.outbox.errands([push])).values()
    assert errand.delivered_at is not None


@pytest.mark.parametrize("others", [(), (Channel.EMAIL,)])
async def test_no_push_follows_where_the_producer_named_others(
    others: tuple[Channel, ...], stores: Stores, producer: Producer, worker: Worker
) -> None:
    shown, _ = await accept(stores, producer, frozenset({Channel.WEBSOCKET, *others}))
    await stores.outbox.settle([Outcome(shown, Status.OFFLINE)])
    await stores.later(SWEEP_AFTER)
    assert {job.channel for job in await worker.sweep()} == set(others)


async def test_no_push_follows_for_somebody_without_a_device(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    submission = producer.write("alice")
    await stores.submissions.accept([submission])
    await stores.outbox.settle([Outcome(job, Status.OFFLINE) for job in jobs_of(submission)])
    await stores.later(SWEEP_AFTER)
    assert await worker.sweep() == set()


async def accept(stores: Stores, producer: Producer, channels: frozenset[Channel] | None = None) -> tuple[Job, Job]:
    """Have a notification to alice accepted, who has a device; return the jobs of inbox and push."""
    await stores.devices.register(DEVICE)
    submission = replace(producer.write("alice"), channels=channels)
    await stores.submissions.accept([submission])
    (shown,) = jobs_of(submission)
    await stores.outbox.mark_published([shown])
    return shown, replace(shown, channel=Channel.PUSH)


async def test_what_is_put_off_keeps_the_time_since_when_it_waits_and_counts_as_no_full_queue(
    stores: Stores, mail: Job
) -> None:
    (before,) = (await stores.outbox.errands([mail])).values()
    for turn in range(2):
        until = stores.now() + timedelta(minutes=5)
        job = replace(mail, turn=turn)
        await stores.outbox.settle([Outcome(job, Status.RETRYING, "left alone", attempted=False, until=until)])
        assert await stores.outbox.depth(10) == 0
        await stores.later(400)
    (after,) = (await stores.outbox.errands([replace(mail, turn=2)])).values()
    assert after.queued_at == before.queued_at
    assert await stores.outbox.depth(10) == 1


async def test_what_waited_for_quiet_hours_has_its_time_from_their_end(stores: Stores, mail: Job) -> None:
    until = stores.now() + timedelta(hours=8)
    await stores.outbox.settle([Outcome(mail, Status.HELD, "quiet hours", attempted=False, until=until)])
    (errand,) = (await stores.outbox.errands([replace(mail, turn=1)])).values()
    assert errand.queued_at == until


async def test_of_two_outcomes_at_once_the_one_that_ends_the_job_counts(
    stores: Stores, mail: Job, worker: Worker
) -> None:
    again, sent = Outcome(mail, Status.RETRYING, "busy", wait=2.0), Outcome(mail, Status.SENT)
    await stores.outbox.settle([again, sent, again])
    assert await stores.logged(mail) == Logged("sent", None)
    await stores.later(2 * REDRIVE_AFTER)
    assert await worker.sweep() == set()
