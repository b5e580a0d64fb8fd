"""Waiting for what was promised, but not for ever."""

import asyncio

from notifications.adapters.nats.client import Message
from notifications.domain.errors import Unavailable


async def within_time(promise: asyncio.Future[Message], seconds: float, what: str) -> Message:
    """Return what was promised, or raise Unavailable. A timer of its own costs a third of `asyncio.timeout`."""
    timer = asyncio.get_running_loop().call_later(seconds, _break, promise, f"{what} within {seconds:g} s")
    try:
        return await promise
    finally:
        timer.cancel()


def _break(promise: asyncio.Future[Message], what: str) -> None:
    if not promise.done():
        promise.set_exception(Unavailable(f"NATS did not answer {what}"))
