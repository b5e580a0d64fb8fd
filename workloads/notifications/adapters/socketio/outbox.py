"""What waits to be sent to one client, counted in bytes."""

import asyncio
from typing import Final

from notifications.domain.limits import OUTBOUND_CAP

_ENTRY: Final = 100


class Outbox:
    """Packets as the frames of a websocket, so that many clients share one. Order is kept.

    Events are refused above OUTBOUND_CAP; packets of the protocol always fit.
    """

    __slots__ = ("_frames", "_room", "size")

    def __init__(self) -> None:
        self.size = 0
        self._frames: list[bytes] = []
        self._room: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def full_of_events(self) -> bool:
        """Whether no more events should be queued now."""
        return self.size > OUTBOUND_CAP

    def put(self, frame: bytes) -> bool:
        """Let a frame wait; return whether it is the only one. It counts itself as well, or empty ones were free."""
        self._frames.append(frame)
        self.size += len(frame) + _ENTRY
        return len(self._frames) == 1

    def take(self) -> list[bytes]:
        """Return all that waits, which waits no more."""
        frames, self._frames = self._frames, []
        self.size = 0
        if self._room is not None:
            self._make_room()
        return frames

    def take_some(self, most: int) -> bytes:
        """Return the first frames in one piece, of `most` bytes or with the frame that exceeds them."""
        if self.size <= most:
            return b"".join(self.take())
        count = size = 0
        while size < most and count < len(self._frames):
            size += len(self._frames[count])
            count += 1
        piece = b"".join(self._frames[:count])
        del self._frames[:count]
        self.size -= size + count * _ENTRY
        if self.size <= OUTBOUND_CAP // 2:
            self._make_room()
        return piece

    async def wait_for_room(self) -> None:
        """Return when half of the cap is free, or nothing will ever be sent again."""
        if self.size > OUTBOUND_CAP // 2:
            if self._room is None:
                self._room = asyncio.Event()
            await self._room.wait()

    def end(self) -> None:
        """Let go of whoever waits for room: there is nothing to wait for any more."""
        self._make_room()

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None
