"""A connection between a gateway and a device: frames keep their order, and a cut loses those still on their way."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass

from notifications.domain.errors import SlowConsumer
from notifications.domain.limits import SLOW_CONSUMER_GRACE
from notifications.domain.window import Window
from tests.simulation.crashes import Phase
from tests.simulation.weather import Fault
from tests.simulation.wire import Wire

CUT_SEEN_BY_DEVICE = 2.0
CUT_SEEN_BY_GATEWAY = 20.0
LONGEST_STALL = 40.0
GREETING = {"connected", "notifications:resync", "notifications:pending"}
SHARED = {"room:message", "topic:message"}
"""What goes to many, and so without a cursor."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as a device reads it."""

    event: str
    body: str
    cursor: str | None


class Connection:
    """The port Socket, and the network behind it. Each end learns in its own time that the connection has ended.

    `context` is where the gateway's code must run.
    """

    def __init__(self, name: str, wire: Wire, context: Context, on_frame: Callable[[Frame], None]) -> None:
        self.id = name
        self.session = f"engine-{name}"
        self.ended: asyncio.Future[None] = wire.loop.create_future()
        """Resolved when the device learns of the end."""
        self.on_end: Callable[[], None] | None = None
        """Called in the gateway when it learns of the end."""
        self._wire = wire
        self._context = context.copy()
        self._on_frame = on_frame
        self._frames: deque[Frame] = deque()
        self._due = 0.0
        self._full_until = 0.0
        self._is_cut = False
        self._closed = asyncio.Event()
        wire.at_death(self.cut)

    @property
    def is_closed(self) -> bool:
        """Whether the gateway knows that it has ended."""
        return self._closed.is_set()

    @property
    def is_busy(self) -> bool:
        """Whether what goes to many may wait a moment: here every window is over at once."""
        return False

    @property
    def is_stalled(self) -> bool:
        """Whether the device does not read."""
        return self._wire.loop.time() < self._full_until

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        matters = cursor is not None or event in SHARED
        if not self._wire.process.alive or (matters and self._wire.dies("send", Phase.BEFORE)):
            return True  # nobody is left to act on it
        if self.is_closed or self._is_full(event):
            return False
        self._put(Frame(event, body, cursor))
        if matters:
            self._wire.dies("send", Phase.AFTER)
        return True

    def answer(self, event: str, body: str) -> None:
        """Send what belongs to the protocol, for which there is always room."""
        if self._wire.process.alive and not self.is_closed:
            self._put(Frame(event, body, None))

    def gather(self, event: str, body: str, window: Window, on_leave: Callable[[], None]) -> bool:
        """Send it: here every window is over at once."""
        on_leave()
        return self.send(event, body)

    def flush(self) -> None:
        """Nothing waits here."""

    async def drained(self) -> None:
        wait = self._full_until - self._wire.loop.time()
        try:
            async with asyncio.timeout(min(wait, SLOW_CONSUMER_GRACE)):
                await self._closed.wait()
        except TimeoutError:
            if wait <= SLOW_CONSUMER_GRACE:
                return
        raise SlowConsumer("the client does not read, or the connection has ended")

    def close(self) -> None:
        """Flush and close, from the gateway's end."""
        if self._wire.process.alive and not self.is_closed:
            self._close()
            self._wire.loop.call_at(max(self._due, self._wire.loop.time() + 0.001), self._end, context=Context())

    def dismiss(self) -> None:
        """Disconnect for good; nobody is revoked here."""
        self.close()

    def cut(self) -> None:
        """Break the connection: some of what was on its way still arrives."""
        if self._is_cut or self.ended.done():
            return
        random = self._wire.weather.random
        self._is_cut = True
        for _ in range(random.randint(0, len(self._frames))):
            self._frames.pop()
        self._wire.loop.call_later(random.uniform(0.01, CUT_SEEN_BY_DEVICE), self._end, context=Context())
        self._wire.loop.call_later(random.uniform(0.01, CUT_SEEN_BY_GATEWAY), self._close, context=self._context)

    def hang_up(self) -> None:
        """Close from the device's end."""
        self._is_cut = True
        self._end()
        self._wire.loop.call_later(0.002, self._close, context=self._context)

    def _close(self) -> None:
        if not self.is_closed and self._wire.process.alive:
            self._closed.set()
            if self.on_end is not None:
                self.on_end()

    def _end(self) -> None:
        self._frames.clear()
        if not self.ended.done():
            self.ended.set_result(None)

    def _is_full(self, event: str) -> bool:
        now = self._wire.loop.time()
        is_greeting = event in GREETING  # the queue of a new connection has room
        if not is_greeting and now >= self._full_until and self._wire.weather.strikes(Fault.SLOW_SOCKET, self.id, now):
            self._full_until = now + self._wire.weather.random.uniform(0.2, LONGEST_STALL)
        return now < self._full_until

    def _put(self, frame: Frame) -> None:
        if self._is_cut:
            return
        self._frames.append(frame)
        self._due = max(self._due, self._wire.loop.time() + self._wire.weather.random.uniform(0.0005, 0.004))
        self._wire.loop.call_at(self._due, self._arrive, context=Context())

    def _arrive(self) -> None:
        if self._frames:
            self._on_frame(self._frames.popleft())
