"""What the database needs from time to time: partitions made ahead, and what is no longer kept dropped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from notifications.domain.errors import Unavailable
from notifications.domain.limits import HOUSEKEEPING_AFTER_FAILURE, HOUSEKEEPING_EVERY
from notifications.ports.clock import Clock

_log = logging.getLogger(__name__)


class Partitions(Protocol):
    """Months of notifications."""

    async def ensure(self, now: datetime) -> list[str]:
        """Make what is missing for this month and the next ones; return the names of what was made."""
        ...


class Retention(Protocol):
    """What is kept for a number of days."""

    async def enforce(self, now: datetime) -> list[str]:
        """Drop months that are no longer kept and what belonged to them; return the names of their partitions."""
        ...


Forget = Callable[[], Awaitable[int]]
"""Deletes some of what is no longer kept and returns how much there was."""


async def keep_house(partitions: Partitions, retention: Retention, forget: Sequence[Forget], clock: Clock) -> None:
    """Do it every HOUSEKEEPING_EVERY until cancelled, and sooner again when the database could not be asked."""
    while True:
        try:
            if made := await partitions.ensure(clock()):
                _log.info("partitions made", extra={"partitions": made})
            for forget_some in forget:
                while await forget_some():
                    pass
            if dropped := await retention.enforce(clock()):
                _log.info("partitions dropped", extra={"partitions": dropped})
        except Unavailable as error:
            _log.warning("housekeeping postponed", extra={"reason": str(error)})
            await asyncio.sleep(HOUSEKEEPING_AFTER_FAILURE)
        else:
            await asyncio.sleep(HOUSEKEEPING_EVERY)
