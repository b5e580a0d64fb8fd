"""Serves one lane of the work queues, each job by itself: bring it, commit its outcome, then acknowledge it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Lane, Outcome, leave, wait_before
from notifications.domain.limits import FETCH_WAIT, JOB_HEARTBEAT, JOBS_GRACE, LAST_WORDS, MAX_IN_HAND
from notifications.ports.queue import Delivery, WorkQueue
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
_PAUSE = 1.0
_T = TypeVar("_T")
_R = TypeVar("_R")

Serve = Callable[[Delivery], Awaitable[Outcome]]
"""Brings a job and returns what became of it. Raises Unavailable when the database cannot be asked."""
Settle = Callable[[Outcome], Awaitable[None]]
"""Writes an outcome down. Raises Unavailable."""


class Consumer:
    """Serves up to `concurrency` jobs at once; one whose outcome is being written down makes room for the next."""

    def __init__(self, lane: Lane, concurrency: int, queue: WorkQueue, telemetry: Telemetry) -> None:
        self._lane = lane
        self._concurrency = concurrency
        self._queue = queue
        self._telemetry = telemetry
        self._jobs = Tasks()
        self._serving = 0
        self._in_hand: dict[int, Delivery] = {}  # by identity: the same job may be in hand twice
        self._room = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """How many jobs are in hand."""
        return len(self._in_hand)

    async def run(self, serve: Serve, settle: Settle) -> None:
        """Serve until cancelled; the jobs in hand are then given a moment to be finished."""
        heart = asyncio.create_task(self._beat(), name=f"heartbeat of {self._lane.name}")
        try:
            while True:
                for delivery in await self._fetch():
                    self._in_hand[id(delivery)] = delivery
                    self._serving += 1
                    self._jobs.start(self._handle(delivery, serve, settle), f"job of {self._lane.name}")
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._jobs.wait(), JOBS_GRACE)
            left = tuple(self._in_hand.values())
            await self._jobs.stop()
            heart.cancel()
            await asyncio.gather(*(_give_back(delivery, settle) for delivery in left))

    async def _fetch(self) -> Sequence[Delivery]:
        while (room := min(self._concurrency - self._serving, MAX_IN_HAND - len(self._in_hand))) <= 0:
            self._room.clear()
            await self._room.wait()
        try:
            return await self._queue.fetch(self._lane, room, FETCH_WAIT)
        except Unavailable as error:
            _log.warning(
                "queue %s cannot be read", self._lane.name, extra={"event": "queue_error", "reason": str(error)}
            )
            await asyncio.sleep(_PAUSE)
            return ()

    async def _handle(self, delivery: Delivery, serve: Serve, settle: Settle) -> None:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            outcome = await self._serve(delivery, serve)
            await self._insist(settle, outcome)
            await _tell(delivery.done() if outcome.wait is None else delivery.retry(outcome.wait))
            self._telemetry.settled(outcome, clock() - started)
        except Exception:
            where = {"job": delivery.job.id, "queue": self._lane.name}
            _log.exception("a job failed", extra={"event": "queue_error", **where})
            await _tell(delivery.retry(wait_before(delivery.deliveries)))
        finally:
            del self._in_hand[id(delivery)]
            self._room.set()

    async def _serve(self, delivery: Delivery, serve: Serve) -> Outcome:
        try:
            return await self._insist(serve, delivery)
        finally:
            self._serving -= 1
            self._room.set()

    async def _insist(self, act: Callable[[_T], Awaitable[_R]], what: _T) -> _R:
        """Wait for an outage to end with the job in hand: giving it back would count against it."""
        while True:
            try:
                return await act(what)
            except Unavailable as error:
                _log.warning("jobs wait", extra={"queue": self._lane.name, "reason": str(error)})
                await asyncio.sleep(_PAUSE)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(JOB_HEARTBEAT)
            await asyncio.gather(*(_tell(delivery.extend()) for delivery in tuple(self._in_hand.values())))


async def _give_back(delivery: Delivery, settle: Settle) -> None:
    """Leave a job that is not finished to others at once: nothing failed, and it is not what ended this worker."""
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            await settle(leave(delivery.job, delivery.deliveries))
    await _tell(delivery.retry(0))


async def _tell(telling: Awaitable[None]) -> None:
    """What cannot be told to the queue now, the queue finds out when the lock expires."""
    with suppress(Unavailable):
        await telling
