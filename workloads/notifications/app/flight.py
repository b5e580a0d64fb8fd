"""Asking once for all who want the same at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Flights:
    """Single flight, open to those who ask before it departs: a turn of the loop after the first has asked, or later.

    Who asks after that may want to know what the answer that is under way does not say yet.
    """

    def __init__(self) -> None:
        self._boarding: dict[Hashable, asyncio.Task[Any]] = {}

    async def share(
        self, what: Hashable, ask: Callable[[], Awaitable[_T]], ready: Callable[[], Awaitable[object]] | None = None
    ) -> _T:
        """Return what `ask` returns, or raise what it raises; it is not called where somebody else's is boarding.

        It departs when `ready` has returned.
        """
        flight: asyncio.Task[_T] | None = self._boarding.get(what)
        if flight is None:
            flight = self._boarding[what] = asyncio.create_task(self._depart(what, ask, ready))
        return await asyncio.shield(flight)

    async def _depart(
        self, what: Hashable, ask: Callable[[], Awaitable[_T]], ready: Callable[[], Awaitable[object]] | None
    ) -> _T:
        try:
            if ready is not None:
                await ready()
        finally:
            del self._boarding[what]
        return await ask()
