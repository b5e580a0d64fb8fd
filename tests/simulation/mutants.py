"""Bugs on purpose, one at a time in the code under test: a simulation that cannot see them would prove nothing.

Each is a mistake that a change of the code could really make.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from notifications.adapters.memory.rooms import MemoryRoomRequests
from notifications.app import accept, consume, direct, hub, session
from notifications.app.accept import Acceptor
from notifications.app.consume import Consumer, Serve, Settle
from notifications.app.dispatch import Ledger
from notifications.app.relay import Relay
from notifications.app.release import Releaser
from notifications.app.session import Session
from notifications.app.sweep import Sweeper
from notifications.app.watch import PositionWatch
from notifications.domain import cursor, preferences, subjects
from notifications.domain.cursor import Cursor
from notifications.domain.errors import CommitUnknown, Unavailable
from notifications.domain.inbox import Head, InboxEvent, Place, created, place, refuse_recovery
from notifications.domain.jobs import Job, Outcome
from notifications.domain.limits import RELEASE_EVERY
from notifications.domain.notification import UserKey
from notifications.domain.preferences import Show
from notifications.domain.rooms import Chunk
from notifications.domain.submission import Accepted, Committed, Placed, Submission
from notifications.ports.clock import MakeId
from notifications.ports.queue import Delivery

Mutate = Callable[[pytest.MonkeyPatch], None]


def acknowledge_before_settling(patch: pytest.MonkeyPatch) -> None:
    """A worker that dies in between leaves a row without a job."""

    handle = Consumer._handle

    async def acknowledge_and_handle(self: Consumer, delivery: Delivery, serve: Serve, settle: Settle) -> None:
        await consume._tell(delivery.done())
        await handle(self, delivery, serve, settle)

    patch.setattr(Consumer, "_handle", acknowledge_and_handle)


def settle_nothing_in_an_outage(patch: pytest.MonkeyPatch) -> None:
    """A worker that does not wait for the database acknowledges a job without an outcome."""

    settle = Ledger.settle

    async def try_to_settle(self: Ledger, outcome: Outcome) -> None:
        with contextlib.suppress(Unavailable):
            await settle(self, outcome)

    patch.setattr(Ledger, "settle", try_to_settle)


def mark_before_publishing(patch: pytest.MonkeyPatch) -> None:
    """A gateway that dies in between leaves a row that nobody sweeps."""

    async def publish(self: Relay, jobs: Sequence[Job]) -> None:
        with contextlib.suppress(Unavailable):
            await self._outbox.mark_published(jobs)
            await self._queue.publish(jobs)

    patch.setattr(Relay, "_publish", publish)


def publish_before_commit(patch: pytest.MonkeyPatch) -> None:
    """A worker that is quicker than the commit finds nothing to do, and the job is spent."""
    commit = Acceptor._commit

    async def publish_and_commit(self: Acceptor, group: list[accept._Request]) -> None:
        placed = [tuple(Placed(copy.id, copy.user, 1) for copy in request.submission.copies) for request in group]
        self._pass_on([Committed(request.submission, copies) for request, copies in zip(group, placed, strict=True)])
        await commit(self, group)

    patch.setattr(Acceptor, "_commit", publish_and_commit)


def offer_as_the_first(patch: pytest.MonkeyPatch) -> None:
    """What is offered where it was accepted says that nothing came before it."""
    patch.setattr(direct, "created", lambda notification, _, trace: created(notification, 0, trace))


def go_live_without_reading(patch: pytest.MonkeyPatch) -> None:
    """What came while the device was away is not shown until something else repairs it."""

    def begin(self: Session, at: Cursor, pending: tuple[UUID, ...] = (), *, behind: bool = True) -> None:
        self._epoch, self.position, self._told = at.inbox_epoch, at.inbox_seq, at.inbox_seq
        self._live = True

    patch.setattr(Session, "begin", begin)


def forget_what_arrives_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """What comes while the inbox is read is in neither."""
    patch.setattr(Session, "_hold", lambda self, event: None)


def ignore_gaps(patch: pytest.MonkeyPatch) -> None:
    """An event is shown though one before it was lost."""

    def place_anywhere(position: int, event: InboxEvent) -> Place:
        return Place.STALE if event.seq <= position else Place.NEXT

    patch.setattr(session, "place", place_anywhere)


def show_what_is_old(patch: pytest.MonkeyPatch) -> None:
    """A doubled event is shown twice."""

    def place_again(position: int, event: InboxEvent) -> Place:
        return Place.GAP if place(position, event) is Place.GAP else Place.NEXT

    patch.setattr(session, "place", place_again)


def ignore_the_epoch(patch: pytest.MonkeyPatch) -> None:
    """A cursor from before a restore is taken for one of today."""

    def refuse(cursor: Cursor, head: Head) -> str | None:
        return refuse_recovery(replace(cursor, inbox_epoch=head.epoch), head)

    patch.setattr(hub, "refuse_recovery", refuse)


def drop_the_key(patch: pytest.MonkeyPatch) -> None:
    """A request that is repeated is accepted twice."""
    accept_once = Acceptor.accept

    async def accept_again(self: Acceptor, submission: Submission) -> Accepted:
        return await accept_once(self, replace(submission, key=None))

    patch.setattr(Acceptor, "accept", accept_again)


def take_unknown_for_committed(patch: pytest.MonkeyPatch) -> None:
    """An answer that was never read is answered with 201."""
    accept_known = Acceptor.accept

    async def accept_anyway(self: Acceptor, submission: Submission) -> Accepted:
        try:
            return await accept_known(self, submission)
        except CommitUnknown:
            return Accepted(submission.id, tuple(Placed(copy.id, copy.user, 1) for copy in submission.copies))

    patch.setattr(Acceptor, "accept", accept_anyway)


def try_again_when_unknown(patch: pytest.MonkeyPatch) -> None:
    """A commit whose answer was lost is repeated for a request without a key."""
    accept_known = Acceptor.accept

    async def accept_twice(self: Acceptor, submission: Submission) -> Accepted:
        try:
            return await accept_known(self, submission)
        except CommitUnknown:
            copies = tuple(replace(copy, id=UUID(int=copy.id.int ^ 1)) for copy in submission.copies)
            return await accept_known(self, replace(submission, copies=copies))

    patch.setattr(Acceptor, "accept", accept_twice)


def jump_to_the_head(patch: pytest.MonkeyPatch) -> None:
    """A device that fell behind is taken to the end of its inbox without being shown what lies between."""

    async def read(self: Session) -> bool:
        page = await self._reader.read(self.principal.owner, self.position)
        self.position = max(self.position, page.upto)
        return not page.more

    patch.setattr(Session, "_read", read)


def believe_a_full_socket(patch: pytest.MonkeyPatch) -> None:
    """What a socket had no room for counts as shown."""

    def send(self: Session, event: InboxEvent, repaired: bool) -> bool:
        self.socket.send(event.name, event.body, cursor.encode(Cursor(self._epoch, event.seq)))
        self.position = self._told = event.seq
        return True

    patch.setattr(Session, "_send", send)


def lag_the_cursor(patch: pytest.MonkeyPatch) -> None:
    """An event carries the cursor of the one before it, so the next connection shows it again."""

    def send(self: Session, event: InboxEvent, repaired: bool) -> bool:
        if not self.socket.send(event.name, event.body, cursor.encode(Cursor(self._epoch, event.prev))):
            return False
        self.position = self._told = event.seq
        return True

    patch.setattr(Session, "_send", send)


def trust_in_wake_ups(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether a wake-up was lost."""

    async def check(self: PositionWatch, owners: list[UserKey]) -> None:
        await asyncio.sleep(0)

    patch.setattr(PositionWatch, "check", check)


def keep_the_old_stream(patch: pytest.MonkeyPatch) -> None:
    """What was lost with the storage of NATS is not published again."""

    async def check_stream(self: Sweeper) -> None:
        await self._queue.ensure()

    patch.setattr(Sweeper, "check_stream", check_stream)


def give_up_releasing(patch: pytest.MonkeyPatch) -> None:
    """A worker that met an outage never releases again."""

    async def run(self: Releaser) -> None:
        with contextlib.suppress(Unavailable):
            while True:
                await self.release()
                await asyncio.sleep(RELEASE_EVERY)
        await asyncio.Event().wait()

    patch.setattr(Releaser, "run", run)


def forget_how_far_a_room_is(patch: pytest.MonkeyPatch) -> None:
    """The progress of a request is not written with its first chunk, which then comes again."""
    expand = MemoryRoomRequests.expand

    async def expand_again(self: MemoryRoomRequests, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        request = self._requests.get(id)
        before = None if request is None else replace(request)
        chunk = await expand(self, id, limit, make_id)
        if chunk and before and before.next_at == before.accepted_at:
            self._requests[id] = replace(before, next_at=self._requests[id].next_at)
        return chunk

    patch.setattr(MemoryRoomRequests, "expand", expand_again)


def hand_out_chunks_once(patch: pytest.MonkeyPatch) -> None:
    """A chunk whose worker dies before it is expanded is lost."""
    due, handed_out = MemoryRoomRequests.due, set[tuple[UUID, int]]()

    async def due_once(self: MemoryRoomRequests, limit: int) -> list[UUID]:
        fresh = [id for id in await due(self, limit) if (id, self._requests[id].members) not in handed_out]
        handed_out.update((id, self._requests[id].members) for id in fresh)
        return fresh

    patch.setattr(MemoryRoomRequests, "due", due_once)


def show_at_once(patch: pytest.MonkeyPatch) -> None:
    """What was sent for later is shown now."""
    patch.setattr(preferences, "judge", lambda submission, wishes, digest: Show())


def leave_out_the_tenant(patch: pytest.MonkeyPatch) -> None:
    """Two tenants have a user of the same name."""
    patch.setattr(subjects, "inbox", lambda owner: f"{subjects.PREFIX}.inbox.{subjects.token(owner.user)}")
