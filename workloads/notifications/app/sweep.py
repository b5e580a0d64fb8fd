"""Brings back jobs that the fast path or NATS has lost. Every worker sweeps; the store keeps them apart."""

import asyncio
import logging
from collections.abc import Mapping

from notifications.domain import limits
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Lane
from notifications.ports.queue import WorkQueue
from notifications.ports.store import OutboxStore
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
# To ensure is a call for each lane; to look whether the stream is the same is one
_CHECKS_BETWEEN_ENSURES = 12


class Sweeper:
    """Publishes overdue jobs, those again that the work stream lost, and all of them when it is a new one."""

    def __init__(self, queue: WorkQueue, outbox: OutboxStore, telemetry: Telemetry) -> None:
        self._queue = queue
        self._outbox = outbox
        self._telemetry = telemetry
        self._created: str | None = None
        self._ages: Mapping[Lane, float] = {}
        self._checks = 0

    async def run(self) -> None:
        """Sweep until cancelled."""
        rounds_between_checks = round(limits.STREAM_CHECK_EVERY / limits.SWEEP_EVERY)
        while True:
            for round_number in range(rounds_between_checks):
                try:
                    if round_number == 0:
                        await self.check_stream()
                    await self.sweep()
                except Unavailable as error:
                    _log.warning("sweep postponed", extra={"event": "queue_error", "reason": str(error)})
                await asyncio.sleep(limits.SWEEP_EVERY)

    async def check_stream(self) -> None:
        """Create what is missing of the work stream, and mark every job unpublished if it is not the one we knew.

        Looks how old its jobs are. A consumer that is missing in a stream that is not is found by every twelfth check.
        """
        self._ages = {}
        created = await self._queue.created() if self._checks % _CHECKS_BETWEEN_ENSURES else None
        if created is None or created != self._created:
            created = self._created = await self._queue.ensure()
        self._checks += 1
        if await self._outbox.adopt_stream(created):
            _log.warning("the work stream is new: every open job is published again", extra={"stream_created": created})
        self._ages = await self._queue.ages()

    async def sweep(self) -> None:
        """Publish overdue jobs until there are none."""
        found = limits.SWEEP_BATCH
        while found == limits.SWEEP_BATCH:
            found = await self._outbox.sweep(self._queue.publish, self._ages, limits.SWEEP_BATCH)
            self._telemetry.swept(found)
