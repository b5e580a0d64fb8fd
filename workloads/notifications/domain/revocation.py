"""Tokens that count no more although they verify: all that a user was given until a moment, or a single one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from notifications.domain.limits import MAX_TOKEN_LIFE
from notifications.domain.principal import Principal

REMEMBERED: Final = timedelta(seconds=MAX_TOKEN_LIFE + 3600)
"""No token that a revocation concerns is accepted after that, so the revocation can be forgotten."""


class Claim(StrEnum):
    """What names the tokens: the claim of that name."""

    SUB = "sub"
    JTI = "jti"


@dataclass(frozen=True, slots=True)
class Target:
    """The tokens of one tenant in which a claim has this value."""

    tenant: str
    claim: Claim
    value: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """Of a user's tokens those issued until `at` are revoked; a token that is named by itself always is."""

    id: UUID
    target: Target
    at: datetime

    def concerns(self, principal: Principal) -> bool:
        """Say whether a token is revoked; one that does not tell when it was issued was issued before."""
        if self.target not in targets_of(principal):
            return False
        issued_at = principal.issued_at
        return self.target.claim is Claim.JTI or issued_at is None or issued_at <= self.at


@dataclass(frozen=True, slots=True)
class Ruling:
    """A change of what is revoked: what holds now, or that it was taken back. `version` numbers changes from 1."""

    version: int
    revocation: Revocation
    holds: bool


def targets_of(principal: Principal) -> tuple[Target, ...]:
    """Return what a token can be revoked by."""
    tenant = principal.owner.tenant
    user = Target(tenant, Claim.SUB, principal.owner.user)
    return (user,) if principal.token_id is None else (user, Target(tenant, Claim.JTI, principal.token_id))
