"""What becomes of a job over mail or a webhook: sent, put off, collected, or given up, and always written down."""

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.adapters.memory.dead_letters import MemoryDeadLetters
from notifications.app.courier import ATTEMPT_TIMEOUT
from notifications.domain.contact import Contact
from notifications.domain.dead_letter import LetterKey
from notifications.domain.errors import Rejected, TemporaryFailure
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status
from notifications.domain.limits import (
    BREAKER_MINIMUM,
    BREAKER_OPEN,
    GIVE_UP_AFTER,
    LONGEST_PUT_OFF,
    LONGEST_RETRY,
    MAX_DIGEST_SHOWN,
)
from notifications.domain.notification import Priority
from notifications.domain.preferences import Entry, Frequency, Preference, QuietHours
from tests.unit.workloads.app.office import HELLO, Office, in_office
from tests.unit.workloads.app.world import BOB, START

DAY = timedelta(seconds=GIVE_UP_AFTER)
BUSY = TemporaryFailure("busy")
NINE = START.replace(hour=9)


async def break_down(office: Office, job: Job) -> Outcome:
    """Have the breaker of the relay open, and return what becomes of a job then."""
    office.relay.answers = [BUSY] * BREAKER_MINIMUM
    for _ in range(BREAKER_MINIMUM):
        await office.serve(await office.accept())
    outcome = await office.serve(job)
    assert not outcome.attempted
    return outcome


async def collect(office: Office, *contents: str) -> Job:
    """Have notifications collected for the digest of the next morning, and return its job when it is due."""
    await office.wish(frequency=Frequency.DAILY)
    for content in contents:
        outcome = await office.serve(await office.accept(message=replace(HELLO, content=content)))
        assert outcome.state is Status.DIGESTED
    office.ahead += NINE - office.now()
    return await office.find_digest()


@in_office
async def test_what_a_provider_takes_is_sent(office: Office) -> None:
    job = await office.accept()
    assert await office.serve(job) == Outcome(job, Status.SENT)
    (mail,) = office.relay.seen
    assert (mail.recipient.local, mail.message_id) == ("bob", f"<{job.notification}@shop.example>")


@in_office
async def test_what_was_settled_cancelled_or_has_expired_is_gone(office: Office) -> None:
    settled, cancelled, expired = [
        await office.accept(message=replace(HELLO, expires_at=office.now() + timedelta(hours=1))) for _ in range(3)
    ]
    await office.store.outbox.settle([Outcome(settled, Status.SENT)])
    office.store.cancelled.add(cancelled.notification)
    assert [(await office.serve(job)).state for job in (settled, cancelled)] == [Status.GONE] * 2
    office.ahead += timedelta(hours=2)
    assert await office.serve(expired) == Outcome(
        expired, Status.GONE, "expired, cancelled, or settled before", attempted=False
    )
    assert office.relay.seen == []


@in_office
async def test_a_mail_that_was_read_between_two_attempts_is_not_sent(office: Office) -> None:
    job = await office.accept()
    office.relay.answers = [BUSY]
    assert (await office.serve(job)).state is Status.RETRYING
    await office.store.mark_read(BOB, [job.notification])
    assert await office.serve(job) == Outcome(job, Status.SKIPPED, "read meanwhile", attempted=False)
    assert len(office.relay.seen) == 1


@in_office
async def test_a_webhook_tells_of_what_was_read_too(office: Office) -> None:
    job = await office.accept(Channel.WEBHOOK)
    await office.store.mark_read(BOB, [job.notification])
    assert (await office.serve(job)).state is Status.SENT
    assert len(office.endpoint.seen) == 1


@in_office
async def test_what_is_not_wished_for_is_skipped_unless_nobody_may_miss_it(office: Office) -> None:
    unwanted, critical = await office.accept(), await office.accept(message=replace(HELLO, priority=Priority.CRITICAL))
    await office.wish(enabled=False)
    assert await office.serve(unwanted) == Outcome(unwanted, Status.SKIPPED, "disabled by the user", attempted=False)
    assert (await office.serve(critical)).state is Status.SENT


@in_office
async def test_wishes_for_one_channel_do_not_concern_another(office: Office) -> None:
    await office.wish(Channel.PUSH, enabled=False)
    assert (await office.serve(await office.accept())).state is Status.SENT


@in_office
async def test_quiet_hours_put_a_job_off_until_they_end(office: Office) -> None:
    job = await office.accept()
    await office.wish(quiet_hours=QuietHours(time(22), time(7), ZoneInfo("UTC")))
    until = START.replace(hour=7)
    assert await office.serve(job) == Outcome(job, Status.HELD, "quiet hours", attempted=False, until=until)
    office.ahead += until - office.now()
    assert (await office.serve(replace(job, turn=1))).state is Status.SENT


@pytest.mark.parametrize(
    ("queue", "priority"), [("high", Priority.HIGH), ("normal", Priority.NORMAL), ("low", Priority.LOW)]
)
def test_an_attempt_has_the_time_of_its_queue(queue: str, priority: Priority) -> None:
    @in_office
    async def hang(office: Office) -> None:
        limit = ATTEMPT_TIMEOUT[Queue(queue)]
        office.relay.answers = [limit + 1]
        outcome = await office.serve(await office.accept(message=replace(HELLO, priority=priority)))
        assert (outcome.state, outcome.reason) == (Status.RETRYING, f"it took longer than {limit:g} s")
        assert office.now() - START == timedelta(seconds=limit)

    hang()


@in_office
async def test_the_third_failure_of_a_mail_is_the_last_and_all_have_one_message_id(office: Office) -> None:
    job = await office.accept()
    office.relay.answers = [BUSY] * 5
    outcomes = await office.insist(job, 3)
    assert [(outcome.state, outcome.wait) for outcome in outcomes] == [
        (Status.RETRYING, 2.0), (Status.RETRYING, 4.0), (Status.DEAD, None),
    ]  # fmt: skip
    assert len({mail.message_id for mail in office.relay.seen}) == 1
    logged = office.store.outbox.deliveries[job.notification, Channel.EMAIL]
    assert (logged.state, logged.attempts) == (Status.DEAD, 3)
    assert [failure.reason for failure in logged.failures] == ["busy"] * 3


@in_office
async def test_a_refusal_ends_a_job_at_once(office: Office) -> None:
    job = await office.accept()
    office.relay.answers = [Rejected("no such mailbox")]
    outcome = await office.serve(job)
    assert (outcome.state, outcome.reason, outcome.attempted) == (Status.DEAD, "no such mailbox", True)


@in_office
async def test_a_provider_that_asks_for_more_time_is_given_it(office: Office) -> None:
    job = await office.accept()
    office.relay.answers = [TemporaryFailure("overloaded", 30.0), TemporaryFailure("overloaded", LONGEST_RETRY + 60)]
    assert (await office.serve(job)).wait == 30.0
    assert (await office.serve(job)).until == START + timedelta(seconds=LONGEST_RETRY + 60)


@in_office
async def test_without_a_provider_or_an_address_nothing_is_tried(office: Office) -> None:
    job, bare = await office.accept(), Office(configured=False)
    await office.contacts.set_card(BOB, Contact())
    assert await office.serve(job) == Outcome(
        job, Status.SKIPPED, "no mail address is known of the recipient", attempted=False
    )
    hook = await office.accept(Channel.WEBHOOK)
    await office.contacts.set_card(BOB, Contact())
    assert (await office.serve(hook)).reason == "no webhook is known of the recipient"
    for channel in (Channel.EMAIL, Channel.WEBHOOK):
        job = await bare.accept(channel)
        reason = f"no provider is configured for {channel}"
        assert await bare.serve(job) == Outcome(job, Status.NOT_CONFIGURED, reason, attempted=False)


@in_office
async def test_what_outlived_three_workers_is_given_up_untried(office: Office) -> None:
    job = await office.accept()
    outcome = await office.serve(job, deliveries=4)
    assert (outcome.state, outcome.reason) == (Status.DEAD, "handed out 4 times")
    assert office.relay.seen == []


@in_office
async def test_what_kills_workers_before_it_is_tried_is_given_up_as_well(office: Office) -> None:
    job = await office.accept()
    await office.wish(quiet_hours=QuietHours(time(22), time(7), ZoneInfo("UTC")))
    assert (await office.serve(job, deliveries=4)).state is Status.DEAD
    digest = await collect(office, "one")
    await office.wish(enabled=False)
    assert (await office.serve(digest, deliveries=4)).state is Status.DEAD


@in_office
async def test_attempts_that_ended_in_order_kill_no_worker(office: Office) -> None:
    kind, killing = await office.accept(), await office.accept()
    for job in (kind, killing):
        office.relay.answers = [BUSY]
        assert (await office.serve(job, deliveries=3)).hand_outs == 3
    assert (await office.serve(kind, deliveries=6)).state is Status.SENT
    assert (await office.serve(killing, deliveries=7)).reason == "handed out 4 times"


# A provider that is left alone


@in_office
async def test_while_a_provider_is_left_alone_no_attempt_is_lost(office: Office) -> None:
    outcome = await break_down(office, await office.accept())
    assert outcome.reason == "relay has failed too often and is left alone"
    assert (outcome.state, outcome.until) == (Status.RETRYING, office.now() + timedelta(seconds=BREAKER_OPEN))


@in_office
async def test_the_longer_a_job_has_waited_the_less_often_it_asks(office: Office) -> None:
    job = await office.accept()
    office.ahead += timedelta(minutes=12)
    for wait in (180, LONGEST_PUT_OFF):
        until = (await break_down(office, job)).until
        assert until == office.now() + timedelta(seconds=wait)
        office.ahead += timedelta(hours=2)
        job = replace(job, turn=job.turn + 1)


@in_office
async def test_what_could_not_be_tried_for_a_day_is_given_up(office: Office) -> None:
    job = await office.accept()
    office.ahead += DAY
    assert (await break_down(office, job)).state is Status.RETRYING
    office.ahead += timedelta(seconds=1)
    assert (await office.serve(replace(job, turn=1))).state is Status.DEAD


@in_office
async def test_the_day_of_what_was_scheduled_begins_at_its_time(office: Office) -> None:
    job = await office.accept(later=timedelta(days=7))
    office.ahead += timedelta(days=7, hours=23)
    assert (await break_down(office, job)).state is Status.RETRYING
    office.ahead += timedelta(hours=2)
    assert (await office.serve(replace(job, turn=1))).state is Status.DEAD


@in_office
async def test_the_day_of_what_is_retried_begins_anew(office: Office) -> None:
    job = await office.accept()
    office.relay.answers = [Rejected("no")]
    await office.serve(job)
    office.ahead += timedelta(days=6)
    key = LetterKey(job.notification, job.channel)
    await MemoryDeadLetters(office.store, office.now).retry(BOB.tenant, [key])
    assert (await break_down(office, replace(job, turn=1))).state is Status.RETRYING


@in_office
async def test_the_day_of_a_digest_begins_at_its_hour(office: Office) -> None:
    job = await collect(office, "one")
    await office.wish()
    office.ahead += DAY - timedelta(hours=1)
    assert (await break_down(office, job)).state is Status.RETRYING
    office.ahead += timedelta(hours=2)
    assert (await office.serve(replace(job, turn=1))).state is Status.DEAD


# Digests


@in_office
async def test_what_is_wished_for_daily_goes_out_in_one_mail(office: Office) -> None:
    job = await collect(office, "one", "two", "three")
    assert office.store.outbox.rows[job.notification, Channel.EMAIL].queued_at == NINE
    assert await office.serve(job) == Outcome(job, Status.SENT)
    (mail,) = office.relay.seen
    assert [content in mail.text for content in ("one", "two", "three")] == [True] * 3
    assert mail.message_id == f"<{job.notification}@shop.example>"
    assert await office.serve(job) == Outcome(job, Status.GONE, "settled before", attempted=False)


@in_office
async def test_a_digest_is_tried_three_times_and_keeps_its_message_id(office: Office) -> None:
    job = await collect(office, "one")
    office.relay.answers = [BUSY] * 3
    outcomes = await office.insist(job, 3)
    assert [outcome.state for outcome in outcomes] == [Status.RETRYING, Status.RETRYING, Status.DEAD]
    assert len({mail.message_id for mail in office.relay.seen}) == 1


@in_office
async def test_a_digest_of_what_was_read_meanwhile_is_not_sent(office: Office) -> None:
    job = await collect(office, "one", "two")
    await office.store.mark_all_read(BOB)
    reason = "everything in it was read meanwhile"
    assert await office.serve(job) == Outcome(job, Status.SKIPPED, reason, attempted=False)


@in_office
async def test_what_is_not_wished_for_any_more_is_left_out_of_a_digest(office: Office) -> None:
    await collect(office, "one", "two")
    office.ahead -= timedelta(hours=1)
    await office.store.preferences.prefer(BOB, [Entry("follow", Channel.EMAIL, Preference(frequency=Frequency.DAILY))])
    await office.serve(await office.accept(message=replace(HELLO, type="follow", content="three")))
    await office.wish(enabled=False)
    office.ahead += timedelta(hours=1)
    assert (await office.serve(await office.find_digest())).state is Status.SENT
    (mail,) = office.relay.seen
    assert [content in mail.text for content in ("one", "two", "three")] == [False, False, True]


@in_office
async def test_nobody_gets_a_digest_after_they_have_unsubscribed(office: Office) -> None:
    job = await collect(office, "one", "two")
    await office.wish(enabled=False)
    reason = "nothing in it is wished for any more"
    assert await office.serve(job) == Outcome(job, Status.SKIPPED, reason, attempted=False)
    assert office.relay.seen == []


@in_office
async def test_a_digest_says_how_many_it_does_not_show(office: Office) -> None:
    job = await collect(office, *(f"number {number}." for number in range(MAX_DIGEST_SHOWN + 7)))
    await office.serve(job)
    (mail,) = office.relay.seen
    assert "number 6." not in mail.text
    assert "number 7." in mail.text
    assert "7 more" in mail.text


@in_office
async def test_what_comes_while_the_digest_of_its_hour_goes_out_waits_for_the_next(office: Office) -> None:
    job = await collect(office, "one")
    late = await office.accept()
    await office.serve(job)
    office.ahead -= timedelta(seconds=1)  # the clock of another worker
    outcome = await office.serve(late)
    assert (outcome.state, outcome.wait, outcome.attempted) == (Status.RETRYING, 1.0, False)
    office.ahead += timedelta(seconds=1)
    assert (await office.serve(late)).state is Status.DIGESTED
    digest = await office.find_digest()
    assert office.store.outbox.rows[digest.notification, Channel.EMAIL].queued_at == NINE + timedelta(days=1)


@in_office
async def test_webhooks_have_no_digest_and_wait_for_its_hour_one_by_one(office: Office) -> None:
    await office.wish(Channel.WEBHOOK, frequency=Frequency.DAILY)
    jobs = [await office.accept(Channel.WEBHOOK) for _ in range(2)]
    for job in jobs:
        held = await office.serve(job)
        assert (held.state, held.until) == (Status.HELD, NINE)
    office.ahead += NINE - office.now() + timedelta(seconds=1)
    assert [(await office.serve(replace(job, turn=1))).state for job in jobs] == [Status.SENT] * 2


@in_office
async def test_a_webhook_cannot_bring_a_digest(office: Office) -> None:
    job = await collect(office, "one")
    office.store.outbox.rows[job.notification, Channel.WEBHOOK] = replace(
        office.store.outbox.rows[job.notification, Channel.EMAIL], job=replace(job, channel=Channel.WEBHOOK)
    )
    outcome = await office.serve(replace(job, channel=Channel.WEBHOOK))
    assert (outcome.state, outcome.reason) == (Status.SKIPPED, "webhooks have no digests")
