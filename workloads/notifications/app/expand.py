"""Expands requests to rooms into copies for their members. Every worker does; the store keeps them apart.

No process both accepts and expands, so there is nobody who could wake it: it looks often.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from notifications.app.admission import Queues
from notifications.domain.errors import Contended, Unavailable
from notifications.domain.jobs import Job
from notifications.domain.limits import CHUNK_PAUSE, EXPAND_BATCH, EXPAND_EVERY, MAX_QUEUED_JOBS, ROOM_CHUNK
from notifications.domain.rooms import Chunk, RoomState
from notifications.domain.submission import jobs_due
from notifications.ports.clock import MakeId
from notifications.ports.rooms import RoomRequestStore
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)

Relay = Callable[[Sequence[Job]], None]
"""Publishes jobs; must not block, and may lose them: the sweep finds them."""


class Expander:
    """Expands a chunk of each room in turn, and hands the jobs of what it committed to `relay`."""

    def __init__(
        self,
        requests: RoomRequestStore,
        relay: Relay,
        telemetry: Telemetry,
        make_id: MakeId,
        queues: Queues,
        *,
        chunk: int = ROOM_CHUNK,
    ) -> None:
        self._requests = requests
        self._relay = relay
        self._telemetry = telemetry
        self._make_id = make_id
        self._queues = queues
        self._chunk = chunk

    async def run(self) -> None:
        """Expand until cancelled."""
        while True:
            unfinished = False
            try:
                unfinished = await self.expand()
            except Unavailable as error:
                _log.warning("expansion postponed", extra={"reason": str(error)})
            await asyncio.sleep(CHUNK_PAUSE if unfinished else EXPAND_EVERY)

    async def expand(self) -> bool:
        """Expand a chunk of each request that is due; return whether any of them has members to come.

        None while the queues are full: a request to a room is accepted in one row, and may be ten thousand jobs.
        """
        states = []
        for id in await self._requests.due(EXPAND_BATCH):
            if await self._queues.depth(MAX_QUEUED_JOBS + 1) > MAX_QUEUED_JOBS:
                return False
            states.append(await self._expand(id))
        return RoomState.ACCEPTED in states

    async def _expand(self, id: UUID) -> RoomState | None:
        try:
            chunk = await self._requests.expand(id, self._chunk, self._make_id)
        except Contended as error:
            _log.warning("a chunk of a room postponed", extra={"reason": str(error)})
            return None
        except Unavailable:
            raise
        except Exception:
            # It was accepted, so it is not given up; but it must not keep the others waiting, nor end the worker
            _log.exception("a request to a room cannot be expanded now", extra={"request": str(id)})
            await self._requests.postpone(id)
            return None
        if chunk is None:
            return None
        self._report(chunk)
        return chunk.state

    def _report(self, chunk: Chunk) -> None:
        self._relay(jobs_due(chunk.submission, chunk.placed))
        self._telemetry.created(chunk.submission.tenant, chunk.submission.message.type, chunk.placed)
        if chunk.state is RoomState.TRUNCATED:
            room = {"request": str(chunk.submission.id), "tenant": chunk.submission.tenant}
            _log.warning("a room has more members than a request reaches: the rest got nothing", extra=room)
