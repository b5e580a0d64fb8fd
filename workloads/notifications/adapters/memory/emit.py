"""The port EmitBus in memory: one object for each gateway, which all hear whatever is sent on the same line."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from notifications.domain.emit import Echo, Emit
from notifications.domain.errors import Unavailable
from notifications.domain.limits import EMIT_TIMEOUT
from notifications.ports.emit import Answer


class MemoryEmitLine:
    """What the gateways share. Nobody is reached while it is `away`."""

    def __init__(self) -> None:
        self.away = False
        self.listeners: dict[MemoryEmitBus, Callable[[Emit, Answer], None]] = {}


class MemoryEmitBus:
    """One gateway's end of a line."""

    def __init__(self, line: MemoryEmitLine) -> None:
        self._line = line

    def listen(self, on_emit: Callable[[Emit, Answer], None]) -> None:
        """Call `on_emit` for whatever is sent."""
        self._line.listeners[self] = on_emit

    async def send(self, emit: Emit, gateways: Collection[str]) -> tuple[Echo, ...]:
        """Send to all gateways of the line and return what they answer in time."""
        if self._line.away:
            raise Unavailable("the line is cut")
        echoes: dict[str, Echo] = {}
        whole = asyncio.Event()

        def take(echo: Echo) -> None:
            echoes[echo.gateway] = echo
            if echoes.keys() >= set(gateways):
                whole.set()

        for listener in tuple(self._line.listeners.values()):
            listener(emit, take)
        with suppress(TimeoutError):
            await asyncio.wait_for(whole.wait(), EMIT_TIMEOUT)
        return tuple(echoes.values())
