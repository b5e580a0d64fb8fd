"""Which of a user's connections may stay: the newest, however many gateways hold them.

Each gateway decides for its own, from what it has heard. Who is told of more never keeps what it let go while it knew
less, so gateways that know different parts never end a connection that should stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """One connection, ordered by age: `connected_at` is in milliseconds since 1970."""

    connected_at: int
    sid: str


@dataclass(frozen=True, slots=True)
class Roll:
    """What one gateway holds of a user. Who `asks` wants the others to answer under the same `call`."""

    call: str
    gateway: str
    held: tuple[Held, ...]
    asks: bool


def find_surplus(held: Iterable[Held], limit: int) -> frozenset[Held]:
    """Return the oldest of what is held, all but `limit`."""
    return frozenset(sorted(set(held))[:-limit])
