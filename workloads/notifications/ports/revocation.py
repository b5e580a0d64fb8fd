"""Which tokens are revoked: a record of truth that every gateway follows, and a signal that it has changed."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from notifications.domain.revocation import Revocation, Ruling
from notifications.ports.bus import Subscription


class RevocationStore(Protocol):
    """The record. Methods raise Unavailable; those that write also CommitUnknown."""

    async def revoke(self, revocation: Revocation) -> Revocation:
        """Write it down and return what holds: one for the same target is moved on in time, and keeps its id.

        Raises TooLarge for a tenant that holds MAX_REVOCATIONS.
        """
        ...

    async def lift(self, tenant: str, id: UUID) -> None:
        """Take one back. Raises NotFound."""
        ...

    async def revocations(self, tenant: str, before: UUID | None, limit: int) -> tuple[Revocation, ...]:
        """Return at most `limit` of a tenant, the newest ids first, only those before an id if one is given."""
        ...

    async def rulings(self, after: int, limit: int) -> tuple[Ruling, ...]:
        """Return at most `limit` changes of all tenants after a version, in order.

        Of one target only the last change is kept. No change ever appears behind one that was returned.
        """
        ...

    async def forget(self) -> int:
        """Delete some that are older than REMEMBERED, or were taken back LIFTED_KEPT ago; return how many."""
        ...


class RevocationBus(Protocol):
    """Tells gateways to look at the record now. Signals may be lost."""

    async def listen(self, on_change: Callable[[], None]) -> Subscription:
        """Call `on_change` for each signal, the own ones included; from its return on if the bus is away."""
        ...

    async def announce(self) -> None:
        """Signal a change; lost silently while the bus is away."""
        ...
