"""What the use cases need in unit tests: virtual time, the memory adapters, sockets that remember."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from notifications.adapters.memory.bus import MemoryFleetBus
from notifications.adapters.memory.store import MemoryStore
from notifications.app.fleet import Fleet
from notifications.app.tasks import Tasks
from notifications.domain.errors import SlowConsumer
from notifications.domain.ids import uuid7
from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import Message, UserKey
from notifications.domain.principal import Principal
from notifications.domain.submission import Copy, Submission
from notifications.domain.window import Window
from notifications.ports.bus import Beacon
from tests.simulation.loop import VirtualLoop

T = TypeVar("T")
START = datetime(2026, 3, 1, tzinfo=UTC)
BOB = UserKey("demo", "bob")
_numbers = count(1)


def in_virtual_time(work: Callable[[], Awaitable[T]]) -> T:
    """Run to the end without waiting, and with nothing left behind or failed in the background."""
    loop = VirtualLoop(Random(0), deadline=100_000.0)  # type: ignore[abstract]
    try:
        return loop.run_until_complete(work())
    finally:
        loop.bury()
        assert not loop.errors


def clock() -> datetime:
    """The virtual time as a date."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def submission(*users: str, key: str | None = None, body: bytes = b"a") -> Submission:
    """A request for these users."""
    copies = tuple(Copy(uuid7(clock(), next(_numbers)), user) for user in users or ("bob",))
    id = uuid7(clock(), next(_numbers))
    return Submission(id, "demo", clock(), Message("message", "Hello"), copies, body, key)


async def store_with(count: int) -> MemoryStore:
    """A store in which bob has this many notifications."""
    store = MemoryStore(clock)
    for _ in range(count):
        await store.accept([submission()])
    return store


def principal(owner: UserKey = BOB, seconds: float = 3600.0) -> Principal:
    """A verified token that lives for so many seconds."""
    return Principal(owner, clock() + timedelta(seconds=seconds))


class MemorySocket:
    """A socket that takes what it is sent while `room` is set."""

    def __init__(self, id: str = "socket") -> None:
        self.id = self.session = id
        self.sent: list[tuple[str, Any, str | None]] = []
        self.room = asyncio.Event()
        self.room.set()
        self.closed = False
        self.patience = 30.0
        self.is_busy = False

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        """Remember an event."""
        if not self.room.is_set() or self.closed:
            return False
        self.sent.append((event, json.loads(body), cursor))
        return True

    def gather(self, event: str, body: str, window: Window, on_leave: Callable[[], None]) -> bool:
        """Remember it: here every window is over at once."""
        on_leave()
        return self.send(event, body)

    def flush(self) -> None:
        """Nothing waits."""

    async def drained(self) -> None:
        """Wait for room."""
        try:
            await asyncio.wait_for(self.room.wait(), self.patience)
        except TimeoutError as error:
            raise SlowConsumer("full") from error

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def dismiss(self) -> None:
        """Remember that it was told to stay away."""
        self.sent.append(("disconnect", None, None))
        self.close()

    def names(self) -> list[str]:
        """The events that were sent, by name."""
        return [name for name, _, _ in self.sent]

    def seqs(self) -> list[int]:
        """The numbers of the inbox events that were sent."""
        return [body["seq"] for _, body, cursor in self.sent if cursor is not None]


class Reports:
    """What sessions tell of what they send."""

    def __init__(self) -> None:
        self.events: list[int] = []
        self.delivered_ids: list[UUID] = []

    def sent(self, event: InboxEvent, repaired: bool) -> None:
        """Remember an event by its number."""
        self.events.append(event.seq)

    def delivered(self, id: UUID, repaired: bool) -> None:
        """Remember what arrived."""
        self.delivered_ids.append(id)


class Recorder:
    """Telemetry that counts calls by name."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(*_: object, **__: object) -> None:
            self.counts[name] = self.counts.get(name, 0) + 1

        return call


def start_fleet(name: str, bus: MemoryFleetBus) -> tuple[Fleet, asyncio.Future[None]]:
    """The fleet as one gateway sees it, and what keeps it so until it is cancelled."""
    fleet = Fleet(Beacon(name, f"{name}:80", draining=False), bus, asyncio.get_running_loop().time, Tasks())
    return fleet, asyncio.ensure_future(fleet.run())
