"""Brings a job over a channel other than the socket: asks what is wished for, tries, and says what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from notifications.app.groups import Groups
from notifications.app.phrasing import Bundle
from notifications.domain.attempt import Attempt
from notifications.domain.digest import Digest, Edition
from notifications.domain.errand import Errand
from notifications.domain.errors import NotConfigured, Nowhere, Rejected, TemporaryFailure
from notifications.domain.jobs import Channel, Failure, Job, Outcome, Queue, Status, find_poison
from notifications.domain.limits import ATTEMPT_HIGH, ATTEMPT_LOW, ATTEMPT_NORMAL, EVENTS_AT_ONCE, MAX_DIGEST_SHOWN
from notifications.domain.preferences import (
    DEFAULT,
    DEFAULT_DIGEST,
    DigestHour,
    Frequency,
    Hold,
    Preference,
    Show,
    Skip,
    Wishes,
    bypasses,
    choose,
    decide,
    next_digest,
)
from notifications.ports.clock import Clock, MakeId
from notifications.ports.digest import DigestStore
from notifications.ports.queue import Delivery
from notifications.ports.store import OutboxStore, PreferenceStore

ATTEMPT_TIMEOUT: Final = {Queue.HIGH: ATTEMPT_HIGH, Queue.NORMAL: ATTEMPT_NORMAL, Queue.LOW: ATTEMPT_LOW}

Send = Callable[[float], Awaitable[None]]
"""One attempt, within so many seconds. Raises TemporaryFailure, Rejected, NotConfigured or Nowhere."""


class Carrier(Protocol):
    """One channel. Everything is looked up before the attempt: the database may take its time, providers may not.

    Both methods raise Unavailable when the database cannot be asked, Nowhere when the recipient has no address.
    """

    @property
    def channel(self) -> Channel:
        """Return which one."""
        ...

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        """Return why it need not be brought any more."""
        ...

    async def prepare(self, errand: Errand) -> Send:
        """Return what brings a notification."""
        ...

    async def prepare_digest(self, bundle: Bundle) -> Send:
        """Return what brings a digest. Raises Nowhere, too, on a channel without digests."""
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """What is asked about a job."""

    outbox: OutboxStore
    digests: DigestStore
    preferences: PreferenceStore


class Courier:
    """Serves the jobs of one channel. `digest` has to be what those who accept go by."""

    def __init__(
        self, carrier: Carrier, records: Records, clock: Clock, make_id: MakeId, digest: DigestHour = DEFAULT_DIGEST
    ) -> None:
        self._carrier = carrier
        self._records = records
        self._clock = clock
        self._make_id = make_id
        self._digest = digest
        self._errands = Groups(self._read, EVENTS_AT_ONCE)

    async def serve(self, delivery: Delivery) -> Outcome:
        """Return what became of a job. Raises Unavailable when the database cannot be asked."""
        if delivery.job.digest:
            return await self._serve_digest(delivery)
        errand = await self._errands.ask(delivery.job)
        if errand is None:
            return Outcome(delivery.job, Status.GONE, "expired, cancelled, or settled before", attempted=False)
        if reason := self._carrier.find_reason_to_skip(errand):
            return Outcome(delivery.job, Status.SKIPPED, reason, attempted=False)
        attempt = Attempt(delivery.job, errand.attempts, delivery.deliveries, errand.queued_at, self._clock())
        if poison := find_poison(delivery.job, delivery.deliveries - errand.hand_outs):
            return poison
        held_back = await self._hold_back(errand, attempt)
        return held_back or await self._try(attempt, partial(self._carrier.prepare, errand))

    async def _serve_digest(self, delivery: Delivery) -> Outcome:
        job = delivery.job
        edition = await self._records.digests.edit(job, MAX_DIGEST_SHOWN)
        if edition is None:
            return Outcome(job, Status.GONE, "settled before", attempted=False)
        if not edition.total:
            return Outcome(job, Status.SKIPPED, "everything in it was read meanwhile", attempted=False)
        attempt = Attempt(job, edition.attempts, delivery.deliveries, edition.queued_at, self._clock())
        if poison := find_poison(job, delivery.deliveries - edition.hand_outs):
            return poison
        wanted = await self._leave_out_unwanted(job, edition, attempt.now)
        if not wanted.notifications:
            return Outcome(job, Status.SKIPPED, "nothing in it is wished for any more", attempted=False)
        return await self._try(attempt, partial(self._carrier.prepare_digest, _bind(job, wanted)))

    async def _leave_out_unwanted(self, job: Job, edition: Edition, now: datetime) -> Edition:
        find = await self._read_wishes(job)
        decisions = [decide(find(each.message.type), now, self._digest) for each in edition.notifications]
        skips = [isinstance(decision, Skip) for decision in decisions]
        wanted = [each for each, skip in zip(edition.notifications, skips, strict=True) if not skip]
        return replace(edition, notifications=wanted, total=edition.total - sum(skips))

    async def _hold_back(self, errand: Errand, attempt: Attempt) -> Outcome | None:
        """Return the outcome of a job that is not to be done now by its recipient's wishes, None for others."""
        message, job = errand.notification.message, errand.job
        if bypasses(message.type, message.priority):
            return None
        wishes = (await self._read_wishes(job))(message.type)
        match decide(wishes, attempt.now, self._digest):
            case Show():
                return None
            case Skip(reason):
                return Outcome(job, Status.SKIPPED, reason, attempted=False)
            case Hold() as hold:
                return await self._put_off(errand, attempt, wishes.user or wishes.tenant or DEFAULT, hold)

    async def _read_wishes(self, job: Job) -> Callable[[str], Wishes]:
        """Return what gives the wishes for a type on the channel of a job."""
        own = await self._records.preferences.preferences(job.owner)
        defaults = await self._records.preferences.defaults(job.owner.tenant)
        user, tenant = (
            {entry.type: entry.preference for entry in entries if entry.channel is job.channel}
            for entries in (own, defaults)
        )
        return lambda type_: Wishes(choose(user, type_), choose(tenant, type_))

    async def _put_off(self, errand: Errand, attempt: Attempt, wish: Preference, hold: Hold) -> Outcome | None:
        until, job = hold.until, errand.job
        if wish.frequency is not Frequency.INSTANT:
            if job.channel is not Channel.WEBHOOK:
                return await self._collect(attempt, wish.frequency, until)
            until = next_digest(wish, errand.notification.created_at, self._digest)  # the hour comes once for each
        return Outcome(job, Status.HELD, hold.reason, attempted=False, until=until) if until > attempt.now else None

    async def _collect(self, attempt: Attempt, period: Frequency, due_at: datetime) -> Outcome:
        job, id = attempt.job, self._make_id(attempt.now)
        if await self._records.digests.collect(job, Digest(id, job.owner, job.channel, period, due_at)):
            return Outcome(job, Status.DIGESTED, attempted=False)
        reason = "the digest of this hour has just gone out"
        return Outcome(job, Status.RETRYING, reason, attempted=False, wait=1.0, hand_outs=attempt.hand_outs)

    async def _try(self, attempt: Attempt, prepare: Callable[[], Awaitable[Send]]) -> Outcome:
        job = attempt.job
        try:
            send = await prepare()
            await send(ATTEMPT_TIMEOUT[job.queue])
        except Nowhere as error:
            return Outcome(job, Status.SKIPPED, str(error), attempted=False)
        except NotConfigured as error:
            return Outcome(job, Status.NOT_CONFIGURED, str(error), attempted=False)
        except Rejected as error:
            return Outcome(job, Status.DEAD, str(error), cause=Failure.REJECTED, began=attempt.now)
        except TemporaryFailure as error:
            return attempt.fail(error)
        return Outcome(job, Status.SENT)

    async def _read(self, jobs: Sequence[Job]) -> Sequence[Errand | None]:
        errands = await self._records.outbox.errands(jobs)
        return [errands.get(job) for job in jobs]


def _bind(job: Job, edition: Edition) -> Bundle:
    return Bundle(job.notification, job.owner, edition.period, edition.notifications, edition.total)
