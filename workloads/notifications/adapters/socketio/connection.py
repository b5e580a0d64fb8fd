"""One Engine.IO connection, whatever carries it: what waits for its client, what came from it, and whether it lives."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum, StrEnum
from typing import Final, Protocol

from notifications.adapters.socketio.frames import frame
from notifications.adapters.socketio.outbox import Outbox
from notifications.adapters.socketio.wheel import Wheel
from notifications.adapters.socketio.windows import Gathering, Windows
from notifications.app.tasks import Tasks
from notifications.domain.limits import BUSY_WINDOW, CONNECT_TIMEOUT, PING_INTERVAL, PING_TIMEOUT, TRANSPORT_ROOM
from notifications.domain.window import Window

FAREWELL, PING, PONG, MESSAGE, UPGRADE = "1", "2", "3", "4", "5"
NOOP: Final = "6"
ACCEPTED: Final = frozenset("123456")
"""How packets of a client may begin; those that mean nothing are ignored."""

CUT_AFTER: Final = 5.0
"""Seconds that a client has to read what stood before the end."""

_MOST_WAITING = 16
_PING = frame(PING.encode())
_FAREWELL = frame(FAREWELL.encode())
_log = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why a connection has ended."""

    SERVER = "server disconnect"
    CLIENT = "client disconnect"
    SILENT = "no CONNECT"
    PING_TIMEOUT = "ping timeout"
    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"


class _Phase(Enum):
    """What the next deadline is for."""

    CONNECT = "its CONNECT"
    PING = "the next ping"
    PONG = "the answer to a ping"
    END = "being forgotten"


class Carrier(Protocol):
    """What brings packets to the client."""

    def wake(self) -> None:
        """Send what waits in the outbox, now or soon."""
        ...

    def flush(self) -> None:
        """Send it now, if it is to wait no longer."""
        ...

    def finish(self) -> None:
        """The same for the last time; nothing more will come."""
        ...

    def pause(self) -> None:
        """Take no more packets from the client."""
        ...

    def resume(self) -> None:
        """Go on with that."""
        ...


class Nothing:
    """What carries a connection whose websocket is gone: neither holds the other any more."""

    def wake(self) -> None:
        """Nobody is there."""

    flush = finish = pause = resume = wake


NOTHING: Final = Nothing()


class Application(Protocol):
    """What connections are for."""

    def opened(self, connection: "Connection") -> None:
        """Take note of a new connection."""
        ...

    def received(self, connection: "Connection", message: str) -> Awaitable[None]:
        """Serve a message: one after the other, for each connection."""
        ...

    def ended(self, connection: "Connection", reason: Reason) -> None:
        """Take note of the end; called once."""
        ...


class World(Protocol):
    """What all connections share."""

    application: Application
    wheel: Wheel
    windows: Windows
    tasks: Tasks

    def forget(self, connection: "Connection") -> None:
        """A connection has nothing more to say."""
        ...


class Connection:
    """Costs neither a task nor a timer while nothing happens."""

    __slots__ = (
        "_is_held", "_phase", "_serving", "_waiting", "_world", "carrier", "gathering", "outbox", "prober", "sid",
        "slot", "written_at",
    )  # fmt: skip

    def __init__(self, sid: str, world: World, carrier: Carrier) -> None:
        self.sid = sid
        self.carrier = carrier
        self.outbox = Outbox()
        self.written_at = -math.inf
        """When a websocket last brought it something, as the loop tells time."""
        self.prober: Carrier | None = None
        """The websocket that is about to take over, if there is one."""
        self.gathering: Gathering | None = None
        """What is not to be sent yet, if all that waits is so."""
        self.slot: int | None = None
        self._world = world
        self._is_held = False
        self._phase = _Phase.CONNECT
        self._waiting: deque[str] | None = None
        self._serving: asyncio.Task[None] | None = None
        world.wheel.set(self, CONNECT_TIMEOUT)

    @property
    def is_busy(self) -> bool:
        """Whether it was written to within BUSY_WINDOW."""
        return asyncio.get_running_loop().time() - self.written_at < BUSY_WINDOW / 1000

    @property
    def ended(self) -> bool:
        """Whether nothing more is sent or served."""
        return self._phase is _Phase.END

    def put(self, whole: bytes) -> bool:
        """Send a packet that is a frame already, and what has gathered. False, and it is not sent, after the end."""
        if self._phase is _Phase.END:
            return False
        if self.gathering is not None:
            self.leave(self.gathering)
        if self.outbox.put(whole) and not self._is_held:
            self.carrier.wake()
        return True

    def gather(self, whole: bytes, window: Window, on_leave: Callable[[], None]) -> bool:
        """The same for one that waits for more, unless something is on its way already."""
        if self._phase is _Phase.END:
            return False
        gathering, is_first = self.gathering, self.outbox.put(whole)
        if is_first:
            gathering = self.gathering = Gathering(self, on_leave, window.milliseconds)
            self._world.windows.close_later(gathering)
        elif gathering is None:
            on_leave()
            return True
        elif window.milliseconds < gathering.milliseconds:
            gathering.milliseconds = window.milliseconds
            self._world.windows.close_later(gathering)
        if len(self.outbox) >= window.messages or self.outbox.size >= TRANSPORT_ROOM:
            self.leave(gathering)
        return True

    def leave(self, gathering: Gathering) -> None:
        """Send what has gathered, with all that this turn of the loop brings."""
        if self.gathering is gathering:
            self.gathering = None
            gathering.on_leave()
            if not self._is_held:
                self.carrier.wake()

    def hold(self) -> None:
        """Let what is sent wait for what follows it, until `release`."""
        self._is_held = True

    def release(self) -> None:
        """Send what waits."""
        self._is_held = False
        if self.outbox:
            self.carrier.wake()

    def flush(self) -> None:
        """Send what waits now, not at the end of this turn of the loop; neither what is held nor what gathers."""
        if not self._is_held:
            self.carrier.flush()

    def send(self, message: str) -> None:
        """Send a message."""
        self.put(frame(f"4{message}".encode()))

    def settle(self) -> None:
        """Begin with pings: the client has sent what it had to send first."""
        self._await(_Phase.PING, PING_INTERVAL)

    def receive(self, packet: str) -> None:
        """Take a packet of the client, one of ACCEPTED."""
        if self.ended:
            return
        match packet[0]:
            case "4":
                self._enqueue(packet[1:])
            case "3" if self._phase is _Phase.PONG:
                self._await(_Phase.PING, PING_INTERVAL)
            case "1":
                self.end(Reason.CLIENT)

    async def served(self) -> None:
        """Return when all that was received has been served."""
        if self._serving is not None:
            await asyncio.wait([self._serving])

    def close(self, reason: Reason = Reason.SERVER) -> None:
        """Say farewell and end."""
        self.put(_FAREWELL)
        self.end(reason)

    def end(self, reason: Reason) -> None:
        """Serve and queue nothing more; what waits is still sent. Harmless to repeat."""
        if self.ended:
            return
        self.gathering = None
        self._await(_Phase.END, CUT_AFTER)
        self.outbox.end()
        self.carrier.resume()
        self.carrier.finish()
        self._world.application.ended(self, reason)

    def take_over(self, carrier: Carrier) -> None:
        """Go on over another carrier, with all that waits. No poll does: none may while there is a prober."""
        self.carrier, self.prober = carrier, None
        if self.outbox:
            carrier.wake()

    def expire(self) -> None:
        """Do what is due: the wheel calls."""
        match self._phase:
            case _Phase.CONNECT:
                self.close(Reason.SILENT)
            case _Phase.PING:
                self.put(_PING)
                self._await(_Phase.PONG, PING_TIMEOUT)
            case _Phase.PONG:
                self.close(Reason.PING_TIMEOUT)
            case _Phase.END:
                self._world.forget(self)

    def _await(self, phase: _Phase, seconds: float) -> None:
        self._phase = phase
        self._world.wheel.set(self, seconds)

    def _enqueue(self, message: str) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(message)
        if len(self._waiting) > _MOST_WAITING:
            self.carrier.pause()
        if self._serving is None:
            self._serving = self._world.tasks.start(self._serve(), f"serve {self.sid}")

    async def _serve(self) -> None:
        served = 0
        try:
            while self._waiting and not self.ended:
                await self._world.application.received(self, self._waiting.popleft())
                served += 1
                if served % _MOST_WAITING == 0:
                    await asyncio.sleep(0)  # serving need not wait for anything, and others want to be served
        except Exception:
            _log.exception("a packet failed")
            self.close()
        finally:
            self._waiting = self._serving = None
            self.carrier.resume()
