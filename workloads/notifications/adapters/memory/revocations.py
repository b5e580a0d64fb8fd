"""Revocations in memory."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.limits import LIFTED_KEPT, MAX_REVOCATIONS
from notifications.domain.revocation import REMEMBERED, Revocation, Ruling, Target
from notifications.ports.clock import Clock


class MemoryRevocations:
    """The RevocationStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._version = 0
        self._rulings: dict[Target, Ruling] = {}
        self._lifted_at: dict[Target, datetime] = {}

    async def revoke(self, revocation: Revocation) -> Revocation:
        """Write it down and return what holds."""
        target = revocation.target
        if sum(held.target != target for held in self._held(target.tenant)) >= MAX_REVOCATIONS:
            raise TooLarge(f"the tenant holds {MAX_REVOCATIONS} revocations: take some back")
        known = self._rulings.get(target)
        if known is not None:
            id = known.revocation.id if known.holds else revocation.id
            revocation = replace(revocation, id=id, at=max(known.revocation.at, revocation.at))
        self._lifted_at.pop(target, None)
        self._rule(revocation, holds=True)
        return revocation

    async def lift(self, tenant: str, id: UUID) -> None:
        """Take one back."""
        found = [revocation for revocation in self._held(tenant) if revocation.id == id]
        if not found:
            raise NotFound("there is no such revocation")
        self._lifted_at[found[0].target] = self._clock()
        self._rule(found[0], holds=False)

    async def revocations(self, tenant: str, before: UUID | None, limit: int) -> tuple[Revocation, ...]:
        """Return at most `limit` of a tenant, newest first."""
        held = sorted(self._held(tenant), key=lambda revocation: revocation.id, reverse=True)
        return tuple(revocation for revocation in held if before is None or revocation.id < before)[:limit]

    async def rulings(self, after: int, limit: int) -> tuple[Ruling, ...]:
        """Return at most `limit` changes after a version."""
        ordered = sorted(self._rulings.values(), key=lambda ruling: ruling.version)
        return tuple(ruling for ruling in ordered if ruling.version > after)[:limit]

    async def forget(self) -> int:
        """Delete those that matter no more."""
        now, never = self._clock(), datetime.max.replace(tzinfo=self._clock().tzinfo)
        old = [target for target, ruling in self._rulings.items() if ruling.revocation.at < now - REMEMBERED]
        kept = now - timedelta(seconds=LIFTED_KEPT)
        lifted = [target for target in self._rulings if self._lifted_at.get(target, never) < kept]
        for target in {*old, *lifted}:
            del self._rulings[target]
        return len({*old, *lifted})

    def _held(self, tenant: str) -> list[Revocation]:
        rulings = (ruling for ruling in self._rulings.values() if ruling.holds)
        return [ruling.revocation for ruling in rulings if ruling.revocation.target.tenant == tenant]

    def _rule(self, revocation: Revocation, *, holds: bool) -> None:
        self._version += 1
        self._rulings[revocation.target] = Ruling(self._version, revocation, holds)
