"""Serves one work queue. The order is the safety: offer, then commit the outcome, then acknowledge the job."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Job, Outcome, Queue, is_poison, wait_before
from notifications.domain.limits import FETCH_WAIT, JOB_HEARTBEAT
from notifications.ports.queue import Delivery, WorkQueue
from notifications.ports.store import OutboxStore
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
_PAUSE = 1.0
_GRACE = 5.0

Dispatch = Callable[[Sequence[Job]], Awaitable[Sequence[Outcome]]]


class Consumer:
    """Takes up to `concurrency` jobs at once from one queue."""

    def __init__(
        self, name: Queue, concurrency: int, queue: WorkQueue, outbox: OutboxStore, telemetry: Telemetry
    ) -> None:
        self._name = name
        self._concurrency = concurrency
        self._queue = queue
        self._outbox = outbox
        self._telemetry = telemetry
        self.in_flight = 0

    async def run(self, dispatch: Dispatch) -> None:
        """Serve until cancelled; the jobs in hand are finished first."""
        while True:
            try:
                deliveries = await self._queue.fetch(self._name, self._concurrency, FETCH_WAIT)
            except Unavailable as error:
                _log.warning("queue %s cannot be read", self._name, extra={"reason": str(error)})
                await asyncio.sleep(_PAUSE)
                continue
            if deliveries:
                await _finish(asyncio.ensure_future(self._serve(deliveries, dispatch)))

    async def _serve(self, deliveries: Sequence[Delivery], dispatch: Dispatch) -> None:
        self.in_flight = len(deliveries)
        try:
            async with _extended(deliveries):
                await self._settle(deliveries, dispatch)
            await _each(deliveries, lambda delivery: delivery.done())
        except Exception:
            _log.exception("jobs failed", extra={"queue": self._name})
            await self._isolate(deliveries, dispatch)
        finally:
            self.in_flight = 0

    async def _settle(self, deliveries: Sequence[Delivery], dispatch: Dispatch) -> None:
        """Wait for an outage to end with the jobs in hand: giving them back would count as a failed attempt."""
        while True:
            try:
                return await self._outbox.settle(await self._outcomes(deliveries, dispatch))
            except Unavailable as error:
                _log.warning("jobs wait", extra={"queue": self._name, "reason": str(error)})
                await asyncio.sleep(_PAUSE)

    async def _isolate(self, deliveries: Sequence[Delivery], dispatch: Dispatch) -> None:
        """One job that cannot be served must not take the others with it."""
        if len(deliveries) == 1:
            await _each(deliveries, lambda delivery: delivery.retry(wait_before(delivery.deliveries)))
            return
        for delivery in deliveries:
            await self._serve([delivery], dispatch)

    async def _outcomes(self, deliveries: Sequence[Delivery], dispatch: Dispatch) -> list[Outcome]:
        dead = [
            Outcome(d.job, "dead", f"handed out {d.deliveries} times") for d in deliveries if is_poison(d.deliveries)
        ]
        for _ in dead:
            self._telemetry.failed("dead")
        healthy = [d.job for d in deliveries if not is_poison(d.deliveries)]
        return [*dead, *(await dispatch(healthy) if healthy else ())]


async def _finish(work: asyncio.Future[None]) -> None:
    """Give work in hand a moment when cancelled: a job half done would wait for its lock to expire."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work], timeout=_GRACE)
        work.cancel()
        raise


@contextlib.asynccontextmanager
async def _extended(deliveries: Sequence[Delivery]) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            await asyncio.sleep(JOB_HEARTBEAT)
            await _each(deliveries, lambda delivery: delivery.extend())

    task = asyncio.create_task(beat(), name="job heartbeat")
    try:
        yield
    finally:
        task.cancel()


async def _each(deliveries: Sequence[Delivery], act: Callable[[Delivery], Awaitable[None]]) -> None:
    """Act on all; what cannot be told to the queue now, the queue finds out when the lock expires."""
    for result in await asyncio.gather(*map(act, deliveries), return_exceptions=True):
        if isinstance(result, BaseException) and not isinstance(result, Unavailable):
            raise result
