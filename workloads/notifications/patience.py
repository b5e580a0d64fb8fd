"""Waiting for servers that start later than this process does, or whose names cannot be found yet."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from notifications.domain.errors import Unavailable

RETRY: Final = 1.0  # seconds

T = TypeVar("T")
_log = logging.getLogger(__name__)


async def insist(attempt: Callable[[], Awaitable[T]], within: float) -> T:
    """Repeat an attempt that raises Unavailable, saying so, and let the error pass when `within` seconds are over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            if loop.time() >= deadline:
                raise
            _log.warning("not yet: %s", error)
        await asyncio.sleep(RETRY)
