"""Time and identity come in from outside, so that a simulation can choose them."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """The wall clock."""

    def __call__(self) -> datetime:
        """Return now, with a time zone."""
        ...


class MakeId(Protocol):
    """A source of identifiers."""

    def __call__(self, at: datetime) -> UUID:
        """Return a fresh UUIDv7 for the moment `at`."""
        ...
