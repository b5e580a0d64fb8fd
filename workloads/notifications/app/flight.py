"""Asking once for all who want the same at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Flights:
    """Single flight, open to those who ask before it departs: one turn of the loop after the first has asked.

    Who asks later may want to know what the answer that is under way does not say yet.
    """

    def __init__(self) -> None:
        self._boarding: dict[Hashable, asyncio.Task[Any]] = {}

    async def share(self, what: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Return what `ask` returns, or raise what it raises; it is not called where somebody else's is boarding."""
        flight: asyncio.Task[_T] | None = self._boarding.get(what)
        if flight is None:
            flight = self._boarding[what] = asyncio.create_task(self._depart(what, ask))
        return await asyncio.shield(flight)

    async def _depart(self, what: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        del self._boarding[what]
        return await ask()
