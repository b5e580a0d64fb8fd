"""The real clock and the real source of ids."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from notifications.domain.ids import RANDOM_BITS, uuid7

_BYTES: Final = -(-RANDOM_BITS // 8)
_DRAWN_AT_ONCE: Final = 256


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def make_id(at: datetime) -> UUID:
    """Return a fresh id for a moment. For one thread: that of the event loop."""
    return uuid7(at, next(_numbers))


def _draw() -> Iterator[int]:
    """Yield numbers of RANDOM_BITS bits; the system is asked for many at once, since each time is a call into it."""
    while True:
        drawn = secrets.token_bytes(_BYTES * _DRAWN_AT_ONCE)
        for start in range(0, len(drawn), _BYTES):
            yield int.from_bytes(drawn[start : start + _BYTES], "big") >> (8 * _BYTES - RANDOM_BITS)


_numbers: Final = _draw()
