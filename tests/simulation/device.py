"""A device of a user: stays connected, presents its cursor, and writes down everything that it is shown."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from notifications.app.sync import Missed
from notifications.domain import cursor
from notifications.domain.inbox import Change
from notifications.domain.notification import UserKey
from tests.simulation.connection import Connection, Frame
from tests.simulation.gateway import Gateway
from tests.simulation.history import Arrived, Event, Listed, Marked, Parted, Positioned, Synced, Welcomed
from tests.simulation.loop import VirtualLoop

PATIENCE = 5.0
LONGEST_PAUSE = 1.5
SHORT_PAUSE = 0.02
SYNCS = 0.2
READS = 0.3
READS_ALL = 0.04


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as clients know it."""

    loop: VirtualLoop
    random: Random
    record: Callable[[Event], None]
    choose_gateway: Callable[[], Gateway | None]


class Device:
    """A client of the contract: `auth.cursor` on every connect, and no de-duplication of its own."""

    def __init__(self, name: str, owner: UserKey, outside: Outside) -> None:
        self.name = name
        self.owner = owner
        self.cursor: str | None = None
        self.connection: Connection | None = None
        self._outside = outside
        self._gateway: Gateway | None = None
        self._is_greeted = False
        self._connections = 0
        self._longest_pause = LONGEST_PAUSE
        self._away = 0.0
        self._reads = True

    @property
    def position(self) -> int | None:
        """The number up to which it was shown its inbox, while it is connected."""
        return cursor.decode(self.cursor).inbox_seq if self.cursor and self._is_greeted else None

    @property
    def is_stalled(self) -> bool:
        """Whether it does not read for a while."""
        return self.connection is not None and self.connection.is_stalled

    async def live(self) -> None:
        """Stay connected until cancelled."""
        while True:
            self._gateway = self._outside.choose_gateway()
            if self._gateway is not None:
                await self._stay_connected(self._gateway)
            away, self._away = self._away, 0.0
            await asyncio.sleep(away + self._outside.random.uniform(0.0, self._longest_pause))

    def lose_connection(self, seconds: float = 0.0) -> None:
        """Be cut off, as in a tunnel; it comes back by itself, after these seconds at least."""
        if self.connection is not None and not self.connection.ended.done():
            self._away = seconds
            self.connection.cut()

    def hop(self) -> None:
        """Hang up and connect again at once."""
        if self.connection is not None:
            self._longest_pause = SHORT_PAUSE
            self.connection.hang_up()

    def stop_reading(self) -> None:
        """Mark nothing as read any more."""
        self._reads = False

    async def _stay_connected(self, gateway: Gateway) -> None:
        self._connections += 1
        life = gateway.life
        name = f"{self.name}-{self._connections}"
        connection = self.connection = Connection(name, life.wire, life.context, self._receive)
        life.run(lambda: gateway.connect(connection, self.owner, self.cursor))
        self._outside.loop.call_later(PATIENCE, self._give_up, connection)
        await connection.ended
        if self._is_greeted:
            self._record(Parted(self._now(), self.name))
        self._is_greeted = False

    def _give_up(self, connection: Connection) -> None:
        if connection is self.connection and not self._is_greeted:
            connection.cut()

    def _receive(self, frame: Frame) -> None:
        body = json.loads(frame.body)
        match frame.event:
            case "connected" if body["recovered"]:
                self._enter(body["cursor"])
            case "notifications:pending":
                self._enter_afresh(body["cursor"], tuple(UUID(item["id"]) for item in body["notifications"]))
            case "notification":
                self._record(
                    Arrived(self._now(), self.name, body["seq"], body["prev"], UUID(body["id"]), body["content"])
                )
                self.cursor = frame.cursor
                self._consider_reading(UUID(body["id"]))
            case "notification:changed":
                self._record(Arrived(self._now(), self.name, body["seq"], body["prev"]))
                self.cursor = frame.cursor
            case "position":
                self._record(Positioned(self._now(), self.name, cursor.decode(body).inbox_seq))
                self.cursor = body

    def _enter(self, at: str) -> None:
        self._is_greeted = True
        self._record(Welcomed(self._now(), self.name, cursor.decode(at).inbox_seq, recovered=True))
        if self._outside.random.random() < SYNCS:
            self._sync(at)

    def _enter_afresh(self, at: str, listed: tuple[UUID, ...]) -> None:
        self._is_greeted = True
        self.cursor = at
        self._record(Welcomed(self._now(), self.name, cursor.decode(at).inbox_seq, recovered=False))
        self._record(Listed(self._now(), self.name, listed))

    def _consider_reading(self, id: UUID) -> None:
        chance, delay = self._outside.random.random(), self._outside.random.uniform(0.0, 3.0)
        if chance < READS_ALL:
            self._outside.loop.call_later(delay, self._read, ())
        elif chance < READS:
            self._outside.loop.call_later(delay, self._read, (id,))

    def _read(self, ids: tuple[UUID, ...]) -> None:
        gateway = self._gateway
        if gateway is not None and self._is_greeted and self._reads:
            gateway.life.run(lambda: gateway.mark_read(self.owner, ids, self._note_change))

    def _sync(self, since: str) -> None:
        """Ask on the side what it will be shown anyway."""
        gateway = self._gateway
        if gateway is not None:
            gateway.life.run(lambda: gateway.sync(self.owner, since, lambda missed: self._note_sync(since, missed)))

    def _note_sync(self, since: str, missed: Missed) -> None:
        seqs = sorted(int(str(body["seq"])) for body in (*missed.notifications, *missed.changes))
        begin, end = cursor.decode(since).inbox_seq, cursor.decode(missed.cursor).inbox_seq
        self._record(Synced(self._now(), self.name, begin, tuple(seqs), end))

    def _note_change(self, change: Change | None) -> None:
        if change is not None:
            self._record(Marked(self._now(), self.owner, change.seq))

    def _record(self, event: Event) -> None:
        self._outside.record(event)

    def _now(self) -> float:
        return self._outside.loop.time()
