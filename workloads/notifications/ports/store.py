"""The record of truth. Only what is committed here was accepted; everything else can be rebuilt from it.

Every method raises Unavailable when the database cannot be asked. A method that writes raises CommitUnknown when the
connection died before the answer to its commit was read: it may or may not have happened.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notifications.domain.errand import Errand
from notifications.domain.inbox import Change, Head, InboxEvent, InboxPage
from notifications.domain.jobs import Job, Lane, Outcome, Queue
from notifications.domain.notification import Notification, UserKey
from notifications.domain.preferences import Entry
from notifications.domain.submission import Accepted, Conflict, Delivery, Submission

Publish = Callable[[Sequence[Job]], Awaitable[Collection[Job]]]
"""Publishes jobs and returns those that the work stream has acknowledged."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a device without a position is shown: the newest unread notifications, newest first, as of `head`."""

    notifications: tuple[Notification, ...]
    has_more: bool
    head: Head


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of an inbox, newest first. `total` counts what the filter matches, `unread` all unread."""

    notifications: tuple[Notification, ...]
    total: int
    unread: int
    head: Head


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs of one queue without an outcome, and the age of the oldest in seconds."""

    depth: int
    oldest: float


class SubmissionStore(Protocol):
    """Accepts submissions."""

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        """Commit all of them in one transaction and answer in the same order, or raise and commit none.

        Each new copy that may be shown now takes the next number of its inbox and leaves an unpublished outbox row;
        one that is held back waits for `release`, one that is skipped leaves its reason. A submission whose key
        exists, here or in a transaction of somebody else that commits first, changes nothing: it is answered by the
        stored result, or by Conflict if the fingerprints differ.
        """
        ...


class HeldStore(Protocol):
    """Copies that were accepted and wait for their time."""

    async def release(self, limit: int) -> list[Job]:
        """Give at most `limit` of those that are due the next numbers of their inboxes and unpublished outbox rows.

        In the order in which they became due. Each is released once, however many release at the same time.
        """
        ...


class RequestStore(Protocol):
    """What became of requests that were accepted, and taking them back."""

    async def cancel(self, tenant: str, id: UUID) -> dict[UserKey, Change]:
        """Take back all that a request brought: what is held is never shown, what was shown is shown no more.

        Logs one change in each inbox that had taken some of it, and returns them; none for what was taken back before.
        Raises NotFound for a request that the tenant never made.
        """
        ...

    async def deliveries(self, tenant: str, user: str | None, id: UUID) -> tuple[Delivery, ...]:
        """Return what became of a notification on each channel, sorted; of anybody's if `user` is None.

        Raises NotFound.
        """
        ...


class PreferenceStore(Protocol):
    """What users wish for, and what tenants wish for users who said nothing."""

    async def preferences(self, owner: UserKey) -> tuple[Entry, ...]:
        """Return a user's own entries, sorted by type and channel."""
        ...

    async def prefer(self, owner: UserKey, entries: Sequence[Entry]) -> None:
        """Set these entries of a user, the last of each type and channel; others stay."""
        ...

    async def defaults(self, tenant: str) -> tuple[Entry, ...]:
        """Return a tenant's entries, sorted by type and channel."""
        ...

    async def set_defaults(self, tenant: str, entries: Sequence[Entry]) -> None:
        """Set these entries of a tenant, the last of each type and channel; others stay."""
        ...


class InboxStore(Protocol):
    """Reads inboxes and changes their read state. Only `listing` may be answered by a replica."""

    async def head(self, owner: UserKey) -> Head:
        """Return the end of an inbox; an inbox that nothing ever came to ends at 0."""
        ...

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        """Return the end of each inbox in one query; an inbox that nothing ever came to ends at 0."""
        ...

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        """Return at most `limit` changes after a number, of one moment. Expired notifications are left out.

        Raises Resync for a number below the floor of that moment.
        """
        ...

    async def pending(self, owner: UserKey, limit: int) -> Pending:
        """Return the newest unread notifications and the head, of one moment."""
        ...

    async def listing(self, owner: UserKey, *, offset: int, limit: int, unread_only: bool) -> Listing:
        """Return a page of what is neither expired nor archived, newest first.

        It shows every change of this inbox that was committed before the call.
        """
        ...

    async def seq_before(self, owner: UserKey, at: datetime) -> int:
        """Return the number after which every notification and change made at or later than `at` stands.

        Never one below the floor: what lies there is no longer kept.
        """
        ...

    async def mark_read(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Mark as read and log one change; None if all of them were read already. Raises NotFound for a foreign id."""
        ...

    async def archive(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Take out of listings and log one change; None if all of them were archived. Raises NotFound as above."""
        ...

    async def mark_all_read(self, owner: UserKey) -> Change | None:
        """Mark everything up to the head as read and log one change; None if nothing was unread."""
        ...

    async def mark_delivered(self, ids: Sequence[UUID]) -> None:
        """Record, once per notification, that it was written to a socket."""
        ...


class OutboxStore(Protocol):
    """Jobs that were committed with their notification and wait for an outcome."""

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        """Record that the work stream has them, so that the sweep leaves them alone."""
        ...

    async def sweep(self, publish: Publish, ages: Mapping[Lane, float], limit: int) -> int:
        """Publish jobs that the fast path missed or the work stream lost and return how many were found.

        Found are jobs due and unpublished for SWEEP_AFTER, and published ones without an outcome for REDRIVE_AFTER
        that are older by REDRIVE_SLACK than what the stream still holds of their lane, as `ages` says: a queue keeps
        its order. Lanes that it does not name hold everything. The order is that of LANES. No two sweeps see the same
        job at once.
        """
        ...

    async def adopt_stream(self, created: str) -> bool:
        """Remember when the work stream was created; if it is another than before, mark every job unpublished.

        Returns whether it was another; the first one is not. What is marked as published until ADOPTION_GRACE after
        that does not count as published: the lost stream may have acknowledged it.
        """
        ...

    async def events(self, jobs: Sequence[Job]) -> dict[Job, InboxEvent]:
        """Return what to show for each job; jobs without an outbox row or with an expired notification are left out."""
        ...

    async def errands(self, jobs: Sequence[Job]) -> dict[Job, Errand]:
        """Return what to bring for each job over its channel, which is not the socket; others are left out as above."""
        ...

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes to the delivery log, and delete the outbox rows of what is over, in one transaction.

        A job that waits `until` a time gets its next turn and is unpublished. Repeating is harmless: a job without an
        outbox row of its turn keeps the outcome that it has, and one with it counts an attempt once. The outcome
        `dead` also writes a dead letter. What is over in an inbox is followed by a push job after `follow_up` seconds,
        if its plan allows that and its owner has a device.
        """
        ...

    async def backlog(self) -> dict[Queue, Backlog]:
        """Return what waits in each queue, all workers together; every queue is named."""
        ...

    async def depth(self, most: int) -> int:
        """Return how many jobs wait in all queues together, or `most` if there are as many or more: cheap at any size.

        Jobs that wait for a time do not count; of those that a worker put off, some may.
        """
        ...
