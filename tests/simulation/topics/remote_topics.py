"""Topics as a gateway sees them through the network: the faults of NATS over the exact log in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from notifications.domain.errors import Unavailable
from notifications.domain.saved import Saved
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic, matches, read_subject
from tests.simulation.life import Life
from tests.simulation.topics.broker import LONGEST_LAG, Broker, Link
from tests.simulation.topics.history import Dropped, Event
from tests.simulation.weather import Fault
from tests.simulation.wire import Call

INTEREST_KNOWN_WITHIN = 0.8
PAGE = 4
"""What one answer brings, as if messages were large."""


@dataclass(frozen=True, slots=True)
class Side:
    """One life of a gateway and its way to NATS; `number` tells its lives apart."""

    life: Life
    link: Link
    broker: Broker
    number: int
    record: Callable[[Event], None]


class RemoteTopicLog:
    """TopicLog over a wire. Whoever answers may lag behind whoever stores."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._wire = side.life.wire

    async def append(self, topic: Topic, body: bytes, id: UUID) -> int:
        log = self._side.broker.log
        return await self._wire.call(Call(self._side.link, "append", writes=True), lambda: log.append(topic, body, id))

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        call = Call(self._side.link, "read_topic", latency=0.02)
        return await self._wire.call(call, lambda: self._read(topic, after, limit))

    async def find_last(self, topics: Sequence[Topic], after: int = 0) -> dict[str, int]:
        return await self._wire.call(Call(self._side.link, "find_last"), lambda: self._find_last(topics, after))

    async def find_end(self) -> LogEnd:
        return await self._wire.call(Call(self._side.link, "find_end"), self._side.broker.log.find_end)

    async def _read(self, topic: Topic, after: int, limit: int) -> LogPage:
        broker, known = self._side.broker, self._known()
        page = await broker.log.read(topic, after, min(limit, PAGE))
        entries = tuple(entry for entry in page.entries if broker.is_known(entry, known))
        if len(entries) == len(page.entries):
            return page
        return LogPage(entries, entries[-1].seq if entries else after, more=False)

    async def _find_last(self, topics: Sequence[Topic], after: int) -> dict[str, int]:
        known, found = self._known(), dict[str, int]()
        for topic in topics:
            found |= self._side.broker.find_last(topic, known)
        return {subject: seq for subject, seq in found.items() if seq > after}

    def _known(self) -> float:
        """Return up to when whoever answers knows what was stored."""
        lags = self._wire.strikes(Fault.LAG, "read")
        return self._wire.loop.time() - (self._wire.weather.random.uniform(0.0, LONGEST_LAG) if lags else 0.0)


class RemoteTopicBus:
    """TopicBus over a wire: entries come in order while the connection lasts, and some not at all."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._wire = side.life.wire
        self._lines: dict[_Line, None] = {}
        self._due = 0.0
        side.broker.log.listeners.append(self._hear)
        self._wire.at_death(lambda: side.broker.log.listeners.remove(self._hear))

    def __len__(self) -> int:
        return len(self._lines)

    async def subscribe(self, topic: Topic, on_entry: Callable[[Entry], None]) -> "Interest":
        line = _Line(topic, on_entry)

        async def register() -> None:
            if self._wire.strikes(Fault.LATE_INTEREST, "interest"):
                line.known_at = self._wire.loop.time() + self._wire.weather.random.uniform(0.0, INTEREST_KNOWN_WITHIN)
            self._lines[line] = None

        try:
            await self._wire.call(Call(self._side.link, "follow"), register)
        except Unavailable:
            self._lines.pop(line, None)
            raise
        return Interest(self._lines, line)

    def _hear(self, entry: Entry) -> None:
        """Carry what was just stored, as NATS does, unless nobody here listens or the connection is lost."""
        topic, now = read_subject(entry.subject), self._wire.loop.time()
        concerned = [line for line in self._lines if matches(line.topic, topic)]
        if not concerned or self._side.link.is_away():
            return
        known = [line for line in concerned if line.known_at <= now]
        if not known or self._wire.strikes(Fault.LOST_EVENT, "message"):
            self._drop(entry)
            return
        for line in known:
            self._bring(line, entry)
            if self._wire.strikes(Fault.DOUBLED_EVENT, "message"):
                self._bring(line, entry)

    def _bring(self, line: "_Line", entry: Entry) -> None:
        random, now = self._wire.weather.random, self._wire.loop.time()
        self._due = max(self._due, now + random.uniform(0.0005, 0.004))
        due, losses = self._due, self._side.link.losses
        if self._wire.strikes(Fault.DELAYED_EVENT, "message"):
            due = now + random.uniform(0.1, 3.0)
            self._drop(entry)

        def carry() -> None:
            if line in self._lines and self._side.link.losses == losses:
                line.on_entry(entry)

        self._wire.loop.call_at(due, carry, context=self._side.life.context)

    def _drop(self, entry: Entry) -> None:
        now = self._wire.loop.time()
        self._side.record(Dropped(now, self._side.number, self._side.broker.place(entry)))


@dataclass(slots=True, eq=False)
class _Line:
    topic: Topic
    on_entry: Callable[[Entry], None]
    known_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Interest:
    """A subscription of a gateway."""

    lines: dict[_Line, None]
    line: _Line

    async def close(self) -> None:
        self.lines.pop(self.line, None)


class RemoteSessions:
    """SessionStore over a wire."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._wire = side.life.wire

    async def put(self, saved: Sequence[Saved]) -> list[int | None]:
        sent = [replace(one) for one in saved]
        return await self._wire.call(Call(self._side.link, "save"), lambda: self._side.broker.sessions.put(sent))

    async def get(self, tenant: str, private_id: str) -> bytes | None:
        sessions = self._side.broker.sessions
        return await self._wire.call(Call(self._side.link, "find_saved"), lambda: sessions.get(tenant, private_id))

    def forget(self, tenant: str, private_id: str) -> None:
        if not self._side.link.is_away():
            self._side.broker.sessions.forget(tenant, private_id)
