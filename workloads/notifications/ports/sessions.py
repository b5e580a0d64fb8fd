"""What connections follow, saved for whoever comes back: for SAVED_KEPT, and no longer than the storage lasts.

Everything raises Unavailable while the store is away. Who finds nothing begins anew.
"""

from collections.abc import Sequence
from typing import Protocol

from notifications.domain.errors import Unavailable
from notifications.domain.saved import Saved


class SessionStore(Protocol):
    """One body by tenant and private id, and a number for each time that it was saved."""

    async def put(self, saved: Sequence[Saved]) -> Sequence[int | Unavailable | None]:
        """Save each and return its number, None if what is saved there has another one than it may replace.

        Unavailable is returned for what may not be saved while others are.
        """
        ...

    async def get(self, tenant: str, private_id: str) -> bytes | None:
        """Return what was saved last, None if that is nothing, forgotten or too old."""
        ...

    def forget(self, tenant: str, private_id: str) -> None:
        """Forget what was saved, soon, or when it is too old."""
        ...
