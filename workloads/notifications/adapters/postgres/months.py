"""Which months hold what has these ids, so that others need not be searched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from notifications.domain.ids import time_of

_SLACK: Final = timedelta(hours=1)
_EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def dates(ids: Sequence[UUID]) -> tuple[datetime, datetime]:
    """Return between which moments the notifications were created, so that other months need not be searched."""
    try:
        times = [time_of(id) for id in ids]
        return min(times) - _SLACK, max(times) + _SLACK
    except (ValueError, OverflowError):
        return _EVER
