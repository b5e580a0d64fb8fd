"""What waits to be sent to one client, counted in bytes."""

import asyncio

from engineio.packet import Packet

from notifications.domain.limits import OUTBOUND_CAP

_ENTRY = 100


class OutboundQueue(asyncio.Queue[Packet | None]):
    """The queue of an Engine.IO socket. Events are refused above OUTBOUND_CAP; protocol packets always fit."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def full_of_events(self) -> bool:
        """Whether no more events should be queued now."""
        return self.size > OUTBOUND_CAP

    async def wait_for_room(self) -> None:
        """Return when half of the cap is free."""
        await self._room.wait()

    def end(self) -> None:
        """Let go of whoever waits for room: there is nothing to wait for any more."""
        self._room.set()

    def _put(self, item: Packet | None) -> None:
        super()._put(item)
        self.size += _weight(item)
        if self.size > OUTBOUND_CAP // 2:
            self._room.clear()

    def _get(self) -> Packet | None:
        item = super()._get()
        self.size -= _weight(item)
        if self.size <= OUTBOUND_CAP // 2:
            self._room.set()
        return item


def _weight(item: Packet | None) -> int:
    """Count what an entry takes: its text, and itself, or empty packets would be free."""
    return _ENTRY + (len(item.data) if item is not None and isinstance(item.data, str) else 0)
