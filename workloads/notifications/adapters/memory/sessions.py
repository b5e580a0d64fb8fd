"""The port SessionStore in memory, shared by whoever holds this object."""

import asyncio
import itertools
from collections.abc import Sequence

from notifications.domain.limits import SAVED_KEPT
from notifications.domain.saved import Saved

_Place = tuple[str, str]


class MemorySessionStore:
    """Numbers count all that was ever saved."""

    def __init__(self) -> None:
        self._saved: dict[_Place, tuple[float, int, bytes]] = {}
        self._numbers = itertools.count(1)

    async def put(self, saved: Sequence[Saved]) -> list[int | None]:
        """Save each that may replace what is there."""
        return [self._put(one) for one in saved]

    async def get(self, tenant: str, private_id: str) -> bytes | None:
        """Return what was saved last."""
        return self._find((tenant, private_id))[1] or None

    def forget(self, tenant: str, private_id: str) -> None:
        """Forget it, as something that is saved: it has a number."""
        self._keep((tenant, private_id), b"")

    def wipe(self) -> None:
        """Lose everything, as NATS does whose storage was removed."""
        self._saved.clear()

    def _put(self, saved: Saved) -> int | None:
        place = (saved.tenant, saved.private_id)
        if saved.number is not None and saved.number != self._find(place)[0]:
            return None
        return self._keep(place, saved.body)

    def _find(self, place: _Place) -> tuple[int, bytes]:
        at, number, body = self._saved.get(place, (0.0, 0, b""))
        return (number, body) if asyncio.get_running_loop().time() - at < SAVED_KEPT else (0, b"")

    def _keep(self, place: _Place, body: bytes) -> int:
        number = next(self._numbers)
        self._saved[place] = (asyncio.get_running_loop().time(), number, body)
        return number
