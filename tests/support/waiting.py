"""Wait for what a test expects instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

FIRST_PAUSE = 0.005
SHORT_PAUSE = 0.02
LONGEST_PAUSE = 0.1


@overload
async def eventually(
    probe: Callable[[], Awaitable[T]], *, within: float = 10.0, what: str = ..., pause: float = ...
) -> T: ...
@overload
async def eventually(probe: Callable[[], T], *, within: float = 10.0, what: str = ..., pause: float = ...) -> T: ...
async def eventually(
    probe: Callable[[], object],
    *,
    within: float = 10.0,
    what: str = "what the test waits for",
    pause: float = LONGEST_PAUSE,
) -> object:
    """Call `probe` (sync or async) until it returns something truthy and return that.

    The pauses between two calls grow up to `pause` seconds: longer ones suit a probe that costs much.
    Raises AssertionError that names `what` and the last answer when `within` seconds have passed.
    """
    deadline = time.monotonic() + within
    next_pause = FIRST_PAUSE
    while True:
        answer = probe()
        result = await answer if inspect.isawaitable(answer) else answer
        if result:
            return result
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s (last answer: {result!r})")
        await asyncio.sleep(next_pause)
        next_pause = min(next_pause * 1.5, pause)


def eventually_sync(
    probe: Callable[[], T], *, within: float = 10.0, what: str = "what the test waits for", pause: float = SHORT_PAUSE
) -> T:
    """`eventually` for fixtures and tests without an event loop."""
    deadline = time.monotonic() + within
    while not (result := probe()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s (last answer: {result!r})")
        time.sleep(pause)
    return result
