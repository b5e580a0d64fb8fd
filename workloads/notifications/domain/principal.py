"""Who is asking: the verified claims of a token, and what they allow."""

from dataclasses import dataclass
from datetime import datetime

from notifications.domain.errors import Forbidden
from notifications.domain.notification import UserKey

WRITE = "notifications:write"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The claims of a verified token."""

    owner: UserKey
    expires_at: datetime
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    token_id: str | None = None
    issued_at: datetime | None = None


def require_producer(principal: Principal) -> None:
    """Raise Forbidden unless the token may send notifications."""
    if WRITE not in principal.scopes:
        raise Forbidden(f"the token lacks the scope {WRITE}")


def require_admin(principal: Principal) -> None:
    """Raise Forbidden unless the token is that of an administrator of its tenant."""
    if ADMIN not in principal.roles:
        raise Forbidden(f"the token lacks the role {ADMIN}")
