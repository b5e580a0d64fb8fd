"""The database as a process sees it through the network: its faults over the exact store in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from notifications.domain.errand import Errand
from notifications.domain.errors import Contended
from notifications.domain.inbox import Change, Head, InboxEvent, InboxPage
from notifications.domain.jobs import Job, Lane, Outcome, Queue, Status
from notifications.domain.notification import UserKey
from notifications.domain.submission import Accepted, Conflict, Delivery, Submission
from notifications.ports.store import Backlog, Listing, Pending, Publish
from tests.simulation.history import Settled
from tests.simulation.servers import Servers
from tests.simulation.weather import Fault
from tests.simulation.wire import Call, Wire

T = TypeVar("T")


class RemoteStore:
    """SubmissionStore, RequestStore, HeldStore, InboxStore and OutboxStore over a wire.

    `read_at` tells when an errand was read that this process has in hand.
    """

    def __init__(self, wire: Wire, servers: Servers) -> None:
        self._wire = wire
        self._servers = servers
        self._reads: dict[int, tuple[Errand, float]] = {}  # by identity; what is kept here shares it with nobody

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        return await self._write("accept", lambda: self._servers.store.accept(submissions))

    async def cancel(self, tenant: str, id: UUID) -> dict[UserKey, Change]:
        return await self._write("cancel", lambda: self._servers.requests.cancel(tenant, id))

    async def deliveries(self, tenant: str, user: str | None, id: UUID) -> tuple[Delivery, ...]:
        return await self._read("deliveries", lambda: self._servers.requests.deliveries(tenant, user, id))

    async def release(self, limit: int) -> list[Job]:
        return await self._write("release", lambda: self._servers.store.release(limit))

    async def head(self, owner: UserKey) -> Head:
        return await self._read("head", lambda: self._servers.store.head(owner))

    async def heads(self, owners: Sequence[UserKey]) -> dict[UserKey, Head]:
        return await self._read("heads", lambda: self._servers.store.heads(owners))

    async def read(self, owner: UserKey, after: int, limit: int) -> InboxPage:
        # The longest of all queries: much happens between what it sees and when it is seen
        call = Call(self._servers.database, "read", latency=0.1)
        return await self._wire.call(call, lambda: self._servers.store.read(owner, after, limit))

    async def pending(self, owner: UserKey, limit: int) -> Pending:
        return await self._read("pending", lambda: self._servers.store.pending(owner, limit))

    async def listing(self, owner: UserKey, *, offset: int, limit: int, unread_only: bool) -> Listing:
        return await self._read(
            "listing", lambda: self._servers.store.listing(owner, offset=offset, limit=limit, unread_only=unread_only)
        )

    async def seq_before(self, owner: UserKey, at: datetime) -> int:
        return await self._read("seq_before", lambda: self._servers.store.seq_before(owner, at))

    async def mark_read(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        return await self._write("mark_read", lambda: self._servers.store.mark_read(owner, ids))

    async def archive(self, owner: UserKey, ids: Sequence[UUID]) -> Change | None:
        return await self._write("archive", lambda: self._servers.store.archive(owner, ids))

    async def mark_all_read(self, owner: UserKey) -> Change | None:
        return await self._write("mark_all_read", lambda: self._servers.store.mark_all_read(owner))

    async def mark_delivered(self, ids: Sequence[UUID]) -> None:
        await self._write("mark_delivered", lambda: self._servers.store.mark_delivered(ids))

    async def mark_published(self, jobs: Sequence[Job]) -> None:
        await self._write("mark_published", lambda: self._servers.store.outbox.mark_published(jobs))

    async def sweep(self, publish: Publish, ages: Mapping[Lane, float], limit: int) -> int:
        # Held: the transaction ends with the connection, and is rolled back, when the process dies in it
        call = Call(self._servers.database, "sweep", writes=True, held=True)
        return await self._wire.call(call, lambda: self._servers.sweep(publish, ages, limit))

    async def adopt_stream(self, created: str) -> bool:
        return await self._write("adopt_stream", lambda: self._servers.store.outbox.adopt_stream(created))

    async def events(self, jobs: Sequence[Job]) -> dict[Job, InboxEvent]:
        return await self._read("events", lambda: self._servers.store.outbox.events(jobs))

    async def errands(self, jobs: Sequence[Job]) -> dict[Job, Errand]:
        return await self._read("errands", lambda: self._find(jobs))

    def read_at(self, errand: Errand) -> float:
        """Return when the database answered with an errand, in virtual seconds."""
        return self._reads[id(errand)][1]

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        is_burial = any(outcome.state is Status.DEAD for outcome in outcomes)
        await self._write("bury" if is_burial else "settle", lambda: self._settle(outcomes))

    async def backlog(self) -> dict[Queue, Backlog]:
        return await self._read("backlog", lambda: self._servers.store.outbox.backlog())

    async def depth(self, most: int) -> int:
        return await self._read("depth", lambda: self._servers.store.outbox.depth(most))

    async def _find(self, jobs: Sequence[Job]) -> dict[Job, Errand]:
        errands = await self._servers.store.outbox.errands(jobs)
        now = self._wire.loop.time()
        self._reads |= {id(errand): (errand, now) for errand in errands.values()}
        return errands

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        outbox = self._servers.store.outbox
        for outcome in outcomes:
            counts = outbox.find_row(outcome.job) is not None
            await outbox.settle([outcome])
            if counts:
                note_outcome(self._wire, self._servers, outcome)

    async def _read(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        return await self._wire.call(Call(self._servers.database, name), ask)

    async def _write(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        async def wait_for_locks() -> T:
            if self._wire.strikes(Fault.CONTENTION, name):
                raise Contended("somebody else held a lock for too long")
            return await ask()

        return await self._wire.call(Call(self._servers.database, name, writes=True), wait_for_locks)


def note_outcome(wire: Wire, servers: Servers, outcome: Outcome) -> None:
    """Record an outcome that was just committed."""
    job, outbox = outcome.job, servers.store.outbox
    key = job.notification, job.channel
    attempts, _ = outbox.read_attempts(job)
    settled = Settled(
        at=wire.loop.time(),
        job=job.id,
        key=key,
        state=outcome.state,
        reason=outcome.reason,
        is_over=outcome.is_over,
        attempts=attempts,
        buried=key in outbox.dead_letters,
    )
    wire.weather.history.events.append(settled)
