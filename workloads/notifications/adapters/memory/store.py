"""The record of truth in memory: every call happens at once and entirely, or waits for nobody but `publish`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from notifications.adapters.memory.devices import MemoryDevices
from notifications.adapters.memory.digests import MemoryDigests
from notifications.adapters.memory.outbox import MemoryOutbox
from notifications.adapters.memory.preferences import MemoryPreferences
from notifications.adapters.memory.rows import Answer, Held, Inbox, Rooms, Row
from notifications.domain.errors import NotFound
from notifications.domain.inbox import Change, ChangeKind, Head, InboxPage, chain, require_kept
from notifications.domain.jobs import Channel, Job, Outcome, Status
from notifications.domain.limits import IDEMPOTENCY_KEPT
from notifications.domain.notification import Notification, UserKey
from notifications.domain.preferences import DEFAULT_DIGEST, Hold, Show, Skip, Wishes, make_plan
from notifications.domain.submission import Accepted, Conflict, Copy, Placed, State, Submission, job_of, place
from notifications.ports.clock import Clock
from notifications.ports.store import Listing, Pending


class MemoryStore:
    """The SubmissionStore, the HeldStore and the InboxStore, and a PreferenceStore beside them."""

    def __init__(self, clock: Clock, epoch: int = 1) -> None:
        self.epoch = epoch
        self.preferences = MemoryPreferences()
        self.rooms = Rooms()
        self.notifications: dict[UUID, Notification] = {}
        self.delivered_at: dict[UUID, datetime] = {}
        self.archived_at: dict[UUID, datetime] = {}
        self.cancelled: set[UUID] = set()
        self.released_at: dict[UUID, datetime] = {}
        self._clock = clock
        self._answers: dict[tuple[str, str], Answer] = {}
        self.inboxes: dict[UserKey, Inbox] = {}
        self.held_copies: list[Held] = []
        self.requests: dict[UUID, Submission] = {}
        self._unplaced: dict[UUID, Notification] = {}
        self.devices = MemoryDevices(clock)
        self.outbox = MemoryOutbox(clock, self.find, self.devices)
        self.digests = MemoryDigests(clock, self.outbox, self._find_untold)

    # Submissions

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        """Commit all of them and answer in the same order."""
        return [self._accept(submission) for submission in submissions]

    def _accept(self, submission: Submission) -> Accepted | Conflict:
        if submission.key is None:
            return self._store(submission)
        key, now = (submission.tenant, submission.key), self._clock()
        known = self._answers.get(key)
        if known is None or known.at < now - timedelta(seconds=IDEMPOTENCY_KEPT):
            answer = Answer(submission.fingerprint, self._store(submission), submission.created_at)
            self._answers[key] = answer
            return answer.accepted
        if known.fingerprint != submission.fingerprint:
            return Conflict()
        return replace(known.accepted, replayed=known.accepted.id != submission.id)

    def _store(self, submission: Submission) -> Accepted:
        self.requests[submission.id] = submission
        placed = tuple(self._place(copy, submission) for copy in submission.copies)
        return Accepted(submission.id, placed)

    def _place(self, copy: Copy, submission: Submission) -> Placed:
        owner = UserKey(submission.tenant, copy.user)
        self._unplaced[copy.id] = Notification(copy.id, owner, 0, submission.message, submission.created_at)
        plan = make_plan(submission, lambda channel: self._find_wishes(submission, owner, channel), DEFAULT_DIGEST)
        for channel in plan.channels:
            job = job_of(submission, copy, channel)
            self.outbox.add(Row(job, submission.created_at, submission.due_at))
        match plan.inbox:
            case Show():
                if submission.expanded_at is not None:
                    self.released_at[copy.id] = submission.expanded_at
                self._queue(copy, submission, submission.created_at, follow_up=plan.follow_up)
                seq = self._append(copy, submission)
                return Placed(copy.id, copy.user, seq, State.QUEUED, plan.channels)
            case Hold(until, reason):
                self.held_copies.append(Held(copy, submission, until, plan.follow_up))
                return self._keep_back(copy, submission, State.HELD, reason, plan.channels)
            case Skip(reason):
                return self._keep_back(copy, submission, State.SKIPPED, reason, plan.channels)

    def _find_wishes(self, submission: Submission, owner: UserKey, channel: Channel) -> Wishes:
        wishes = self.preferences.find(owner, submission.message.type, channel)
        return replace(wishes, muted=(owner, submission.room) in self.rooms.mutes)

    def _queue(self, copy: Copy, submission: Submission, at: datetime, *, follow_up: bool) -> Job:
        job = job_of(submission, copy, Channel.WEBSOCKET)
        self.outbox.add(Row(job, submission.created_at, at, follow_up=follow_up))
        return job

    def _keep_back(
        self, copy: Copy, submission: Submission, state: State, reason: str, channels: tuple[Channel, ...]
    ) -> Placed:
        job = job_of(submission, copy, Channel.WEBSOCKET)
        self.outbox.log(Outcome(job, Status(state), reason, attempted=False))
        return place(copy.id, copy.user, None, state, channels)

    def _append(self, copy: Copy, submission: Submission) -> int:
        owner = UserKey(submission.tenant, copy.user)
        log = self.inboxes.setdefault(owner, Inbox()).log
        log.append(copy.id)
        at = submission.created_at
        self.notifications[copy.id] = Notification(copy.id, owner, len(log), submission.message, at)
        return len(log)

    # Held copies

    @property
    def held(self) -> int:
        """How many copies wait for their time."""
        return len(self.held_copies)

    async def release(self, limit: int) -> list[Job]:
        """Give those that are due their places, and return their jobs."""
        now = self._clock()
        due = sorted(
            (held for held in self.held_copies if held.until <= now), key=lambda held: (held.until, held.copy.id)
        )
        return [self._release(held, now) for held in due[:limit]]

    def _release(self, held: Held, now: datetime) -> Job:
        self.held_copies.remove(held)
        self._append(held.copy, held.submission)
        self.released_at[held.copy.id] = held.until
        return self._queue(held.copy, held.submission, now, follow_up=held.follow_up)

    # Inboxes

    async def head(self, owner: UserKey) -> Head:
        """Return the end of an inbox."""
        return self._head(owner)

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        """Return the end of each inbox."""
        return {owner: self._head(owner) for owner in owners}

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        """Return at most `limit` changes after a number."""
        require_kept(after, self._head(owner))
        entries = list(self._entries(owner, after))
        events = chain(entries[:limit], after)
        more = len(entries) > limit
        return InboxPage(events, events[-1].seq if more else max(after, self._head(owner).seq), more)

    async def pending(self, owner: UserKey, limit: int) -> Pending:
        """Return the newest unread notifications and the head."""
        found = self._unread(owner)
        return Pending(tuple(found[:limit]), len(found) > limit, self._head(owner))

    async def listing(self, owner: UserKey, *, offset: int, limit: int, unread_only: bool) -> Listing:
        """Return a page, newest first."""
        unread = self._unread(owner)
        found = unread if unread_only else self._shown(owner)
        return Listing(tuple(found[offset : offset + limit]), len(found), len(unread), self._head(owner))

    async def seq_before(self, owner: UserKey, at: datetime) -> int:
        """Return the number after which everything from `at` on stands."""
        head = self._head(owner)
        for seq, entry in enumerate(self._log(owner), 1):
            if at <= self._dated(entry):
                return max(seq - 1, head.floor)
        return head.seq

    def _dated(self, entry: Notification | Change) -> datetime:
        return entry.at if isinstance(entry, Change) else self.released_at.get(entry.id, entry.created_at)

    async def mark_read(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Mark as read and log one change."""
        fresh = tuple(id for id in self._own(owner, ids) if self.notifications[id].read_at is None)
        self._mark_read(fresh)
        return self.log_change(owner, "read", fresh) if fresh else None

    async def archive(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        """Take out of listings and log one change."""
        fresh = tuple(id for id in self._own(owner, ids) if id not in self.archived_at)
        self.archived_at.update(dict.fromkeys(fresh, self._clock()))
        return self.log_change(owner, "archived", fresh) if fresh else None

    async def mark_all_read(self, owner: UserKey) -> Change | None:
        """Mark everything up to the head as read and log one change."""
        unread = self._unread(owner)
        if not unread:
            return None
        self._mark_read(notification.id for notification in unread)
        log = self.inboxes[owner].log
        change = Change("readAll", len(log) + 1, self._clock(), 0, up_to=len(log))
        log.append(change)
        return change

    async def mark_delivered(self, ids: Sequence[UUID]) -> None:
        """Record the first delivery of each."""
        for id in ids:
            if id in self.notifications:
                self.delivered_at.setdefault(id, self._clock())

    def log_change(self, owner: UserKey, kind: ChangeKind, ids: tuple[UUID, ...]) -> Change:
        """Append a change of some notifications to the log of an inbox."""
        log = self.inboxes[owner].log
        change = Change(kind, len(log) + 1, self._clock(), len(self._unread(owner)), ids)
        log.append(change)
        return change

    def _own(self, owner: UserKey, ids: Sequence[UUID]) -> list[UUID]:
        wanted = list(dict.fromkeys(ids))
        if any(id not in self.notifications or self.notifications[id].owner != owner for id in wanted):
            raise NotFound("no such notification")
        return wanted

    def _mark_read(self, ids: Iterable[UUID]) -> None:
        for id in ids:
            self.notifications[id] = replace(self.notifications[id], read_at=self._clock())

    def _head(self, owner: UserKey) -> Head:
        inbox = self.inboxes.get(owner, Inbox())
        return Head(self.epoch, len(inbox.log), inbox.floor)

    def _log(self, owner: UserKey, after: int = 0) -> Iterator[Notification | Change]:
        for entry in self.inboxes.get(owner, Inbox()).log[after:]:
            yield entry if isinstance(entry, Change) else self.notifications[entry]

    def _entries(self, owner: UserKey, after: int) -> Iterator[Notification | Change]:
        return (entry for entry in self._log(owner, after) if isinstance(entry, Change) or self._is_alive(entry))

    def _shown(self, owner: UserKey) -> list[Notification]:
        entries = list(self._entries(owner, 0))
        shown = [entry for entry in reversed(entries) if isinstance(entry, Notification)]
        return [notification for notification in shown if notification.id not in self.archived_at]

    def _unread(self, owner: UserKey) -> list[Notification]:
        return [notification for notification in self._shown(owner) if notification.read_at is None]

    def find(self, id: UUID) -> tuple[Notification, datetime | None] | None:
        """Return a notification that is neither expired nor cancelled, and when it was delivered."""
        found = self.notifications.get(id) or self._unplaced.get(id)
        return (found, self.delivered_at.get(id)) if found and self._is_alive(found) else None

    def _find_untold(self, id: UUID) -> Notification | None:
        found = self.find(id)
        return found[0] if found and found[0].read_at is None and id not in self.archived_at else None

    def _is_alive(self, notification: Notification) -> bool:
        expires_at = notification.message.expires_at
        return notification.id not in self.cancelled and (expires_at is None or expires_at > self._clock())
