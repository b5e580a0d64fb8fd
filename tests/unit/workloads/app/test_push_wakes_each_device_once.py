"""A push message wakes every device of somebody who has not seen the notification, and each of them once."""

from dataclasses import replace

from notifications.domain.errors import DeadToken, Rejected, TemporaryFailure
from notifications.domain.jobs import Channel, Outcome, Status
from notifications.domain.preferences import Frequency
from tests.unit.workloads.app.office import Office, in_office
from tests.unit.workloads.app.world import BOB, START

BUSY = TemporaryFailure("busy")
NINE = START.replace(hour=9)


@in_office
async def test_every_device_is_woken(office: Office) -> None:
    devices = await office.register("phone", "tablet")
    job = await office.accept(Channel.PUSH)
    assert await office.serve(job) == Outcome(job, Status.SENT)
    assert {device.id for device in office.push.seen} == {device.id for device in devices}


@in_office
async def test_what_was_seen_or_read_wakes_nobody(office: Office) -> None:
    await office.register("phone")
    seen, read = [await office.accept(Channel.PUSH) for _ in range(2)]
    await office.store.mark_delivered([seen.notification])
    await office.store.mark_read(BOB, [read.notification])
    reasons = [(await office.serve(job)).reason for job in (seen, read)]
    assert reasons == ["seen on a socket", "read meanwhile"]
    assert office.push.seen == []


@in_office
async def test_a_device_that_was_woken_is_not_woken_again_while_another_is_tried(office: Office) -> None:
    await office.register("phone", "tablet")
    job = await office.accept(Channel.PUSH)
    office.push.answers = [BUSY, 0.0]
    assert (await office.serve(job)).state is Status.RETRYING
    failed, woken = office.push.seen
    assert (await office.serve(job)).state is Status.SENT
    assert office.push.seen == [failed, woken, failed]


@in_office
async def test_the_fifth_failure_is_the_last(office: Office) -> None:
    await office.register("phone")
    job = await office.accept(Channel.PUSH)
    office.push.answers = [BUSY] * 9
    outcomes = await office.insist(job, 5)
    assert [outcome.wait for outcome in outcomes] == [2.0, 4.0, 8.0, 16.0, None]
    assert outcomes[-1].state is Status.DEAD


@in_office
async def test_dead_devices_are_forgotten_and_the_others_woken(office: Office) -> None:
    await office.register("phone", "tablet")
    job = await office.accept(Channel.PUSH)
    office.push.answers = [DeadToken("unregistered"), 0.0]
    assert (await office.serve(job)).state is Status.SENT
    _, alive = office.push.seen
    assert await office.store.devices.devices(BOB) == (alive,)


@in_office
async def test_who_has_no_device_left_is_skipped(office: Office) -> None:
    await office.register("phone")
    dead, late = [await office.accept(Channel.PUSH) for _ in range(2)]
    office.push.answers = [DeadToken("unregistered")]
    assert (await office.serve(dead)).reason == "no device of the recipient is left"
    outcome = await office.serve(late)
    assert (outcome.state, outcome.reason) == (Status.SKIPPED, "the recipient has no device")


@in_office
async def test_a_refused_message_dies_only_if_no_device_took_it(office: Office) -> None:
    await office.register("phone", "tablet")
    job, worse = [await office.accept(Channel.PUSH) for _ in range(2)]
    office.push.answers = [Rejected("too large"), 0.0, Rejected("too large"), Rejected("too large")]
    assert (await office.serve(job)).state is Status.SENT
    outcome = await office.serve(worse)
    assert (outcome.state, outcome.reason) == (Status.DEAD, "too large")


@in_office
async def test_a_digest_wakes_devices_once(office: Office) -> None:
    await office.register("phone")
    await office.wish(Channel.PUSH, frequency=Frequency.DAILY)
    for _ in range(3):
        assert (await office.serve(await office.accept(Channel.PUSH))).state is Status.DIGESTED
    office.ahead += NINE - office.now()
    job = await office.find_digest()
    assert (await office.serve(job)).state is Status.SENT
    assert (await office.serve(replace(job))).state is Status.GONE
    assert len(office.push.seen) == 1
