"""Leaving without losing anyone: unready, let endpoints settle, tell clients to move, close, flush."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Protocol

from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.domain.limits import BEAT, DRAIN_DEADLINE, DRAIN_PACE, SETTLE_BEFORE_DRAIN


class Passage(Protocol):
    """A connection whose session is at another gateway."""

    def close(self) -> None:
        """End it; harmless when it has ended."""
        ...


async def drain(
    hub: Hub,
    fleet: Fleet,
    stop_listening: Callable[[], Awaitable[None]],
    chance: random.Random,
    passages: Callable[[], Collection[Passage]],
) -> None:
    """Move every client away at DRAIN_PACE a second, or as fast as DRAIN_DEADLINE asks for.

    At once when no other gateway could take them.
    """
    await fleet.leave()
    await _settle(fleet)
    await stop_listening()
    pace = max(DRAIN_PACE, (len(hub) + len(passages())) / DRAIN_DEADLINE)
    for _ in _move(hub, chance, passages):
        if fleet.others_accept():
            await asyncio.sleep(1 / pace)


def _move(hub: Hub, chance: random.Random, passages: Callable[[], Collection[Passage]]) -> Iterator[None]:
    """Let go of one client at each step. Into a passage nothing can be said: its bytes are another gateway's."""
    for session in hub.sessions():
        retry_after = round(chance.uniform(0.1, 2.0), 1)
        session.socket.send("server:moving", json.dumps({"retryAfter": retry_after}))
        session.socket.close()
        yield
    for passage in passages():
        passage.close()
        yield


async def _settle(fleet: Fleet) -> None:
    """Wait until load balancers have learnt that this gateway leaves; nobody to move to makes waiting pointless."""
    deadline = asyncio.get_running_loop().time() + SETTLE_BEFORE_DRAIN
    while fleet.others_accept() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - leases run out silently
        await asyncio.sleep(BEAT / 4)
