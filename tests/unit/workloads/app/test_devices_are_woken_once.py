"""A device that took a message is not woken for it again, whatever befalls the others."""

from collections.abc import Sequence
from uuid import UUID

from notifications.domain.errors import DeadToken, LeftAlone, TemporaryFailure, Unavailable
from notifications.domain.jobs import Channel, Status
from tests.unit.workloads.app.office import Office, in_office
from tests.unit.workloads.app.world import BOB


@in_office
async def test_a_dead_device_that_cannot_be_forgotten_now_wakes_no_other_again(office: Office) -> None:
    await office.register("alive", "gone")
    job = await office.accept(Channel.PUSH)
    office.push.answers = [DeadToken("gone"), 0.0]

    async def refuse(ids: Sequence[UUID]) -> None:
        raise Unavailable("the database is read-only for a while")

    office.store.devices.forget = refuse  # type: ignore[method-assign]
    assert (await office.serve(job)).state is Status.SENT
    assert len(office.push.seen) == 2
    assert len(await office.store.devices.devices(BOB)) == 2


@in_office
async def test_what_was_tried_counts_though_another_device_was_left_alone(office: Office) -> None:
    await office.register("first", "second")
    job = await office.accept(Channel.PUSH)
    office.push.answers = [LeftAlone("left alone", 20.0), TemporaryFailure("busy")]
    outcome = await office.serve(job)
    assert (outcome.state, outcome.reason, outcome.attempted) == (Status.RETRYING, "busy", True)
