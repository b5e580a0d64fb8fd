"""How long the gateways of a fleet may take to move their clients away. Pure."""

from math import ceil
from typing import Final

DEFAULT_PACE: Final = 200  # reconnects per second, of all gateways together
MARGIN: Final = 30  # seconds for endpoints to settle and for the last messages
# A few steps only, so that tuning rarely changes the pods' template, which would restart them all.
GRACE_PERIODS: Final = (60, 120, 300, 900, 3600)
LONGEST_DRAIN: Final = GRACE_PERIODS[-1] - MARGIN
USUAL_DRAIN: Final = 270  # seconds that a gateway takes for granted, and has in a cluster of the default size


def count_drain_seconds(gateways: int, connections: int, pace: int) -> int:
    """Return how long it takes to move `connections` off each of so many gateways at `pace` per second."""
    return ceil(gateways * connections / pace)


def choose_grace_period(drain_seconds: int) -> int:
    """Return the seconds that a gateway gets between SIGTERM and SIGKILL; `drain_seconds` is at most LONGEST_DRAIN."""
    return next(period for period in GRACE_PERIODS if period >= MARGIN + drain_seconds)


def allow_drain_seconds(drain_seconds: int) -> int:
    """Return the seconds of the grace period that a gateway has for moving its clients: `drain_seconds` at least.

    As it changes no more often than the grace period, it can be told to gateways without restarting more of them.
    """
    return choose_grace_period(drain_seconds) - MARGIN
