"""Tells the log what happens to notifications: each kind of event once a second, with a count and a few ids.

At the level debug, every single one is told at once as well.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Job, Outcome, Status
from notifications.domain.limits import JOURNAL_EVERY, JOURNAL_IDS
from notifications.domain.submission import Placed
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)

_LEVELS: Final = {"failed": logging.WARNING}


@dataclass(slots=True)
class _Tally:
    """What happened since the last line."""

    count: int = 0
    ids: list[str] = field(default_factory=list)


class Journal:
    """Telemetry that keeps the books of the log, and passes everything on."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.sent = telemetry.sent
        """Not passed on but handed over, for it is called for each delivery."""
        self._tallies: dict[tuple[str, str], _Tally] = {}

    async def run(self) -> None:
        """Tell until cancelled, and then what is left."""
        try:
            while True:
                await asyncio.sleep(JOURNAL_EVERY)
                self.flush()
        finally:
            self.flush()

    def flush(self) -> None:
        """Tell what happened since the last time."""
        tallies, self._tallies = self._tallies, {}
        for (event, detail), tally in tallies.items():
            extra = {"event": event, "count": tally.count, "ids": tally.ids}
            _log.log(_LEVELS.get(event, logging.INFO), event, extra=extra | ({"detail": detail} if detail else {}))

    def created(self, tenant: str, type: str, placed: Sequence[Placed]) -> None:
        """Note notifications that were committed."""
        if placed:
            self._note("created", placed[0].id, len(placed))
        self._telemetry.created(tenant, type, placed)

    def enqueued(self, jobs: Sequence[Job]) -> None:
        """Note jobs that a work queue has taken."""
        if jobs:
            self._note("enqueued", jobs[0].notification, len(jobs))
        self._telemetry.enqueued(jobs)

    def delivered(self, channel: str, id: UUID, latency: float | None) -> None:
        """Note a notification that was handed over."""
        self._note("delivered", id, detail=channel)
        self._telemetry.delivered(channel, id, latency)

    def settled(self, outcome: Outcome, seconds: float) -> None:
        """Note what was sent or given up."""
        job = outcome.job
        if outcome.failure:
            self._note("failed", job.notification, detail=f"{job.channel}: {outcome.failure}")
        elif outcome.state is Status.SENT and job.channel is not Channel.WEBSOCKET:
            self._note("delivered", job.notification, detail=job.channel)
        self._telemetry.settled(outcome, seconds)

    def read(self, change: Change) -> None:
        """Note what was read."""
        if change.kind in {"read", "readAll"}:
            self._note("read", change.ids[0] if change.ids else None, len(change.ids) or 1, change.kind)
        self._telemetry.read(change)

    def repaired(self, count: int) -> None:
        """Pass it on."""
        self._telemetry.repaired(count)

    def swept(self, count: int) -> None:
        """Pass it on."""
        self._telemetry.swept(count)

    def received(self, event: str) -> None:
        """Pass it on."""
        self._telemetry.received(event)

    def broadcast(self, seconds: float) -> None:
        """Pass it on."""
        self._telemetry.broadcast(seconds)

    def opened(self) -> None:
        """Pass it on; who connects is told by what holds the connection."""
        self._telemetry.opened()

    def closed(self, seconds: float, *, stale: bool) -> None:
        """Pass it on, likewise."""
        self._telemetry.closed(seconds, stale=stale)

    def _note(self, event: str, id: UUID | None, count: int = 1, detail: str = "") -> None:
        tally = self._tallies.get((event, detail))
        if tally is None:
            tally = self._tallies[event, detail] = _Tally()
        tally.count += count
        if id is not None and len(tally.ids) < JOURNAL_IDS:
            tally.ids.append(str(id))
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("one of them", extra={"event": event, "count": count, "ids": [str(id)], "detail": detail})
