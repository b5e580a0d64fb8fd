"""Wait for something with a deadline."""

import time
from collections.abc import Callable

from tests.cluster.errors import NotInTime

PAUSE = 0.1


def wait_until(probe: Callable[[], bool], *, within: float, what: str) -> None:
    """Call `probe` until it says true; NotInTime, which names `what`, after `within` seconds."""
    deadline = time.monotonic() + within
    while not probe():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what} did not come within {within:g} s")
        time.sleep(PAUSE)
