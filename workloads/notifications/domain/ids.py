"""Identifiers: UUIDv7 (RFC 9562), whose first 48 bits are the creation time, so an id finds its partition."""

from datetime import UTC, datetime
from uuid import UUID

RANDOM_BITS = 74


def uuid7(at: datetime, random: int) -> UUID:
    """Make the id for the millisecond of `at` from RANDOM_BITS random bits."""
    milliseconds = int(at.timestamp() * 1000)
    high, low = random >> 62 & 0xFFF, random & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def time_of(id: UUID) -> datetime:
    """Return the millisecond in which the id was made."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)
