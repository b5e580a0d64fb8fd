"""Group commit: requests that arrive while a commit runs share the next one. The answer means COMMIT returned."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifications.app.tasks import Tasks
from notifications.domain import limits
from notifications.domain.errors import Contended, KeyReused, NotificationsError, Unavailable
from notifications.domain.submission import Accepted, Committed, Conflict, Placed, Submission
from notifications.ports.rooms import RoomRequestStore
from notifications.ports.store import SubmissionStore
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    submission: Submission
    answer: asyncio.Future[Accepted | Conflict]


class Acceptor:
    """Accepts submissions and hands the committed ones to `pass_on`, which must not block."""

    def __init__(
        self,
        store: SubmissionStore,
        pass_on: Callable[[Sequence[Committed]], None],
        telemetry: Telemetry,
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._pass_on = pass_on
        self._telemetry = telemetry
        self._tasks = tasks
        self._waiting: deque[_Request] = deque()
        self._copies = 0
        self._in_flight: list[int] = []
        self._gathering = False
        self._crowd = 0
        self._patience: asyncio.TimerHandle | None = None

    async def accept(self, submission: Submission) -> Accepted:
        """Return when the submission is committed. Raises KeyReused, Unavailable or CommitUnknown."""
        if len(self._waiting) >= limits.MAX_WAITING_REQUESTS or self._copies >= limits.MAX_WAITING_RECIPIENTS:
            raise Unavailable("too many requests are waiting for the database")
        request = _Request(submission, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._copies += len(submission.copies)
        self._start_groups()
        return _accepted(await request.answer)

    def _start_groups(self) -> None:
        if self._waiting and not self._gathering and self._may_start():
            self._gathering = True
            self._tasks.start(self._commit_group(), "group commit")

    def _may_start(self) -> bool:
        """Whether there is room, and a group is worth it: beside another, a third of all that were there just now.

        Else groups of one and of all others take turns for ever, and nothing is done side by side.
        """
        has_room = len(self._in_flight) < limits.GROUPS_IN_FLIGHT
        return not self._in_flight or (has_room and 3 * len(self._waiting) >= self._crowd)

    def _take(self) -> list[_Request]:
        """Return those that go together, and leave half of a crowd to go beside them."""
        self._crowd = len(self._waiting) + sum(self._in_flight)
        share = self._crowd if self._crowd <= limits.GROUP_WHOLE else -(-self._crowd // 2)
        group = [self._waiting.popleft()]
        copies = len(group[0].submission.copies)
        while self._waiting and len(group) < min(share, limits.GROUP_REQUESTS):
            copies += len(self._waiting[0].submission.copies)
            if copies > limits.GROUP_RECIPIENTS:
                break
            group.append(self._waiting.popleft())
        self._copies -= sum(len(request.submission.copies) for request in group)
        return group

    async def _commit_group(self) -> None:
        """Begin with what is there when the loop comes to it: requests that came at once are in one group."""
        self._gathering = False
        group = self._take()
        self._in_flight.append(len(group))
        self._start_groups()
        self._be_patient()
        try:
            await self._commit(group)
        finally:
            self._in_flight.remove(len(group))
            self._start_groups()

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = asyncio.get_running_loop().call_later(limits.GROUP_SLOW, self._forget_crowd)

    def _forget_crowd(self) -> None:
        self._crowd = 0
        self._start_groups()

    async def _commit(self, group: list[_Request]) -> None:
        try:
            outcomes = await self._store.accept([request.submission for request in group])
        except Contended as error:
            await self._retry_singly(group, error)
        except NotificationsError as error:
            _fail(group, error)
        except Exception as error:
            _log.error("a group of %d was refused by the store", len(group), exc_info=error)
            await self._retry_singly(group, error)
        else:
            self._answer(group, outcomes)

    async def _retry_singly(self, group: list[_Request], error: Exception) -> None:
        """One member that is refused, or that waits for a lock, must not take the others with it."""
        if len(group) == 1:
            _fail(group, error)
            return
        for request in group:
            await self._commit([request])

    def _answer(self, group: list[_Request], outcomes: Sequence[Accepted | Conflict]) -> None:
        committed: list[Committed] = []
        created: defaultdict[tuple[str, str], list[Placed]] = defaultdict(list)
        for request, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, Accepted) and not outcome.replayed:
                committed.append(Committed(request.submission, outcome.placed))
                created[request.submission.tenant, request.submission.message.type] += outcome.placed
            if not request.answer.done():
                request.answer.set_result(outcome)
        self._pass_on(committed)
        for (tenant, type_), placed in created.items():
            self._telemetry.created(tenant, type_, placed)


async def accept_room(requests: RoomRequestStore, submission: Submission) -> Accepted:
    """Return when a submission to a room is committed; its copies follow. Raises as Acceptor.accept does."""
    return _accepted(await requests.accept(submission))


def _accepted(outcome: Accepted | Conflict) -> Accepted:
    if isinstance(outcome, Conflict):
        raise KeyReused("this Idempotency-Key was used before with another body")
    return outcome


def _fail(group: list[_Request], error: Exception) -> None:
    for request in group:
        if not request.answer.done():
            request.answer.set_exception(error)
