"""The real clock and the real source of ids."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from notifications.domain.ids import RANDOM_BITS, uuid7


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def make_id(at: datetime) -> UUID:
    """Return a fresh id for a moment."""
    return uuid7(at, secrets.randbits(RANDOM_BITS))
