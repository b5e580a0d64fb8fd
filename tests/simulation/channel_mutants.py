"""Bugs on purpose in what brings mail, push, webhooks and digests, and in dead letters: see `mutants`."""

from collections.abc import Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

import pytest

from notifications.adapters.memory.dead_letters import MemoryDeadLetters
from notifications.adapters.memory.devices import MemoryDevices
from notifications.adapters.memory.digests import MemoryDigests, Record
from notifications.adapters.memory.outbox import MemoryOutbox
from notifications.adapters.memory.requests import MemoryRequests
from notifications.adapters.memory.rows import Row
from notifications.app import compose, courier
from notifications.app.consume import Consumer, Serve, Settle
from notifications.app.email import EmailCarrier
from notifications.app.push import PushCarrier
from notifications.domain.attempt import Attempt
from notifications.domain.dead_letter import Retry
from notifications.domain.digest import Digest, Edition
from notifications.domain.errand import Errand
from notifications.domain.errors import TemporaryFailure
from notifications.domain.inbox import Change
from notifications.domain.jobs import Job, Outcome, Status
from notifications.domain.mail import Address, make_message_id
from notifications.domain.notification import UserKey
from notifications.domain.preferences import DigestHour, Frequency, Hold, Show, Skip, Wishes, decide
from notifications.domain.push import Push
from notifications.ports.queue import Delivery


def keep_the_turn(patch: pytest.MonkeyPatch) -> None:
    """A job that comes back at its time has the id under which the queue has already seen it."""
    settle = MemoryOutbox._settle

    def settle_in_the_same_turn(self: MemoryOutbox, row: Row, outcome: Outcome) -> None:
        settle(self, row, outcome)
        row.job = outcome.job

    patch.setattr(MemoryOutbox, "_settle", settle_in_the_same_turn)


def retry_in_the_old_turn(patch: pytest.MonkeyPatch) -> None:
    """A dead letter comes back under the id under which the queue has already seen it."""
    retry = MemoryDeadLetters._retry

    def retry_again(self: MemoryDeadLetters, job: Job) -> Retry:
        result = retry(self, job)
        if row := self._outbox.rows.get((job.notification, job.channel)):
            row.job = job
        return result

    patch.setattr(MemoryDeadLetters, "_retry", retry_again)


def leave_digests_open(patch: pytest.MonkeyPatch) -> None:
    """What is collected after a digest was read is told by nobody."""
    edit = MemoryDigests.edit

    async def edit_openly(self: MemoryDigests, job: Job, limit: int) -> Edition | None:
        edition = await edit(self, job, limit)
        if edition is not None:
            self.records[job.notification].closed_at = None
        return edition

    patch.setattr(MemoryDigests, "edit", edit_openly)


def settle_before_collecting(patch: pytest.MonkeyPatch) -> None:
    """What finds its digest closed is in none, and its job is gone."""
    collect = MemoryDigests.collect

    async def settle_and_collect(self: MemoryDigests, job: Job, digest: Digest) -> bool:
        is_collected = await collect(self, job, digest)
        await self._outbox.settle([Outcome(job, Status.DIGESTED, attempted=False)])
        return is_collected

    patch.setattr(MemoryDigests, "collect", settle_and_collect)


def open_a_digest_for_each(patch: pytest.MonkeyPatch) -> None:
    """Without the unique key, everybody who collects makes a digest of their own."""
    open_ = MemoryDigests._open

    def open_another(self: MemoryDigests, digest: Digest) -> Record:
        known, self.records = self.records, {}
        record = open_(self, digest)
        self.records = known | self.records
        return record

    patch.setattr(MemoryDigests, "_open", open_another)


def collect_after_the_settling(patch: pytest.MonkeyPatch) -> None:
    """A job that was settled by somebody else is collected all the same."""
    collect = MemoryDigests.collect

    async def collect_anyway(self: MemoryDigests, job: Job, digest: Digest) -> bool:
        if self._outbox.find_row(job) is None:
            self._open(digest).items.append(job.notification)
        return await collect(self, job, digest)

    patch.setattr(MemoryDigests, "collect", collect_anyway)


def name_mails_afresh(patch: pytest.MonkeyPatch) -> None:
    """A mail that is sent again is another one to those who receive it."""
    made = 0

    def make_another(id: UUID, sender: Address) -> str:
        nonlocal made
        made += 1
        return make_message_id(UUID(int=id.int + made), sender)

    patch.setattr(compose, "make_message_id", make_another)


def drop_the_follow_up(patch: pytest.MonkeyPatch) -> None:
    """Nobody is woken for what they have not seen."""
    patch.setattr(MemoryOutbox, "_follow_up", lambda self, row, outcome, now: None)


def follow_only_the_offline(patch: pytest.MonkeyPatch) -> None:
    """What a gateway took counts as seen, even if it was never written to a socket."""
    follow_up = MemoryOutbox._follow_up

    def follow_up_offline(self: MemoryOutbox, row: Row, outcome: Outcome, now: datetime) -> None:
        if outcome.state is Status.OFFLINE:
            follow_up(self, row, outcome, now)

    patch.setattr(MemoryOutbox, "_follow_up", follow_up_offline)


def wake_who_has_seen(patch: pytest.MonkeyPatch) -> None:
    """Telephones ring for what is on the screen."""
    patch.setattr(PushCarrier, "find_reason_to_skip", lambda self, errand: _read(errand))


def mail_what_was_read(patch: pytest.MonkeyPatch) -> None:
    """A mail leaves though its recipient has read the notification."""
    patch.setattr(EmailCarrier, "find_reason_to_skip", lambda self, errand: None)


def count_attempts_by_the_queue(patch: pytest.MonkeyPatch) -> None:
    """A worker that dies counts as an attempt that failed, and a wiped queue knows of none."""

    def count(job: Job, failed: int, hand_outs: int, since: datetime, now: datetime) -> Attempt:
        return Attempt(job, hand_outs - 1, hand_outs, since, now)

    patch.setattr(courier, "Attempt", count)


def forget_hand_outs(patch: pytest.MonkeyPatch) -> None:
    """Every wait counts as a worker that died with the job in hand."""
    read = MemoryOutbox.read_attempts
    patch.setattr(MemoryOutbox, "read_attempts", lambda self, job: (read(self, job)[0], 0))


def bury_without_removing(patch: pytest.MonkeyPatch) -> None:
    """A job that was given up stays in the outbox."""
    settle = MemoryOutbox._settle

    def settle_and_keep(self: MemoryOutbox, row: Row, outcome: Outcome) -> None:
        settle(self, row, outcome)
        if outcome.state is Status.DEAD:
            self.add(row)

    patch.setattr(MemoryOutbox, "_settle", settle_and_keep)


def bury_without_a_letter(patch: pytest.MonkeyPatch) -> None:
    """What was given up is nowhere to be found."""
    settle = MemoryOutbox._settle

    def settle_and_forget(self: MemoryOutbox, row: Row, outcome: Outcome) -> None:
        settle(self, row, outcome)
        self.dead_letters.pop((row.job.notification, row.job.channel), None)

    patch.setattr(MemoryOutbox, "_settle", settle_and_forget)


def keep_dead_devices(patch: pytest.MonkeyPatch) -> None:
    """Devices that are gone are called for ever."""

    async def forget(self: MemoryDevices, ids: Sequence[UUID]) -> None:
        return

    patch.setattr(MemoryDevices, "forget", forget)


def forget_who_sleeps(patch: pytest.MonkeyPatch) -> None:
    """After a failure all devices count as woken."""
    wake_all = PushCarrier._wake_all

    async def wake_all_once(self: PushCarrier, push: Push, devices: Sequence[Any], within: float) -> None:
        try:
            await wake_all(self, push, devices, within)
        except TemporaryFailure:
            self._woken[push.id] = {device.id for device in devices}
            raise

    patch.setattr(PushCarrier, "_wake_all", wake_all_once)


def take_a_failure_for_sent(patch: pytest.MonkeyPatch) -> None:
    """What a provider was too slow to take counts as sent."""
    patch.setattr(Attempt, "fail", lambda self, error: Outcome(self.job, Status.SENT))


def disturb(patch: pytest.MonkeyPatch) -> None:
    """Mail leaves in quiet hours."""

    def decide_by_day(wishes: Wishes, now: datetime, digest: DigestHour) -> Show | Hold | Skip:
        decision = decide(wishes, now, digest)
        wish = wishes.user or wishes.tenant
        is_quiet = isinstance(decision, Hold) and wish and wish.frequency is Frequency.INSTANT
        return Show() if is_quiet else decision

    patch.setattr(courier, "decide", decide_by_day)


def bring_what_was_settled(patch: pytest.MonkeyPatch) -> None:
    """A job that was handed out twice is brought twice, whatever became of it meanwhile."""

    async def find(self: MemoryOutbox, jobs: Sequence[Job]) -> dict[Job, Errand]:
        found = {job: self._find(job.notification) for job in jobs}
        rows = {job: self.find_row(job) or Row(job, self._clock(), self._clock()) for job in jobs}
        return {job: self._errand(rows[job], *one) for job, one in found.items() if one}

    patch.setattr(MemoryOutbox, "errands", find)


def take_back_what_is_shown_only(patch: pytest.MonkeyPatch) -> None:
    """What was taken back is mailed all the same."""
    cancel = MemoryRequests.cancel

    async def cancel_in_the_inbox(self: MemoryRequests, tenant: str, id: UUID) -> dict[UserKey, Change]:
        changes = await cancel(self, tenant, id)
        self._store.cancelled.clear()
        return changes

    patch.setattr(MemoryRequests, "cancel", cancel_in_the_inbox)


def spend_what_waits(patch: pytest.MonkeyPatch) -> None:
    """A job that is to be tried again is acknowledged."""
    handle = Consumer._handle

    @wraps(handle)
    async def handle_once(self: Consumer, delivery: Delivery, serve: Serve, settle: Settle) -> None:
        await handle(self, _Spent(delivery), serve, settle)

    patch.setattr(Consumer, "_handle", handle_once)


class _Spent:
    """A Delivery that is never handed out again."""

    def __init__(self, delivery: Delivery) -> None:
        self.job = delivery.job
        self.deliveries = delivery.deliveries
        self.done = delivery.done
        self.extend = delivery.extend

    async def retry(self, wait: float) -> None:
        await self.done()


def _read(errand: Errand) -> str | None:
    return "read meanwhile" if errand.notification.read_at else None
