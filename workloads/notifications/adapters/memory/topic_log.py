"""The ports of topics in memory: one log for all, and a bus for each gateway, which can be made to lose entries."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final
from uuid import UUID

from notifications.domain.limits import DEDUPLICATION_WINDOW
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic, matches, read_subject

log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Life:
    """What a wipe removes: entries by number, the newest number by subject, and when each id was stored as which."""

    epoch: int
    first: int = 1
    entries: list[Entry] = field(default_factory=list)
    newest: dict[str, int] = field(default_factory=dict)
    seen: dict[UUID, tuple[float, int]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return self.first + len(self.entries) - 1


class MemoryTopicLog:
    """The log of one cluster, shared by whoever holds this object."""

    def __init__(self, window: float = DEDUPLICATION_WINDOW) -> None:
        self._window = window
        self._life = _Life(1)
        self.listeners: list[Callable[[Entry], None]] = []
        """Called for each entry, at once."""

    async def append(self, topic: Topic, body: bytes, id: UUID) -> int:
        """Store a message that was not stored within the deduplication window, tell it, and return its number."""
        life, now = self._life, asyncio.get_running_loop().time()
        at, seq = life.seen.get(id, (-inf, 0))
        if now - at < self._window:
            return seq
        entry = Entry(topic.subject, life.last + 1, life.newest.get(topic.subject, 0), body)
        life.entries.append(entry)
        life.newest[entry.subject] = entry.seq
        life.seen[id] = (now, entry.seq)
        for tell in self.listeners:
            tell(entry)
        return entry.seq

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        """Return the next at most `limit` messages with numbers above `after`, in order."""
        later = itertools.islice(self._life.entries, max(after + 1 - self._life.first, 0), None)
        found = (entry for entry in later if matches(topic, read_subject(entry.subject)))
        entries = tuple(replace(entry, prev=max(entry.prev, after)) for entry in itertools.islice(found, limit))
        return LogPage(entries, entries[-1].seq if entries else after, next(found, None) is not None)

    async def find_last(self, topics: Sequence[Topic], after: int = 0) -> dict[str, int]:
        """Return by subject the number of the newest message of each topic that has one above `after`."""
        told = {subject: read_subject(subject) for subject, seq in self._life.newest.items() if seq > after}
        wanted = [subject for subject, topic in told.items() if any(matches(pattern, topic) for pattern in topics)]
        return {subject: self._life.newest[subject] for subject in wanted}

    async def find_end(self) -> LogEnd:
        """Return the log's epoch, which counts its lives, and its first and last number."""
        return LogEnd(self._life.epoch, self._life.first, self._life.last)

    def trim(self, first: int) -> None:
        """Forget what is older than `first`, as NATS does by age and size."""
        life = self._life
        first = min(max(first, life.first), life.last + 1)
        life.entries = life.entries[first - life.first :]
        life.first = first
        life.newest = {subject: seq for subject, seq in life.newest.items() if seq >= first}

    def wipe(self) -> None:
        """Lose everything, as NATS does whose storage was removed."""
        self._life = _Life(self._life.epoch + 1)


@dataclass(frozen=True, slots=True)
class MemoryTopicSubscription:
    """An interest that can be given up, any number of times."""

    _interests: dict[int, tuple[Topic, Callable[[Entry], None]]]
    _number: int

    async def close(self) -> None:
        """End it."""
        self._interests.pop(self._number, None)


class MemoryTopicBus:
    """What one gateway hears of a log: at once, and in order."""

    def __init__(self, topics: MemoryTopicLog) -> None:
        self.loses: Callable[[Entry], bool] = lambda _: False
        """Whether an entry is lost on its way to this gateway."""
        self._interests: dict[int, tuple[Topic, Callable[[Entry], None]]] = {}
        self._numbers = itertools.count()
        topics.listeners.append(self._hear)

    async def subscribe(self, topic: Topic, on_entry: Callable[[Entry], None]) -> MemoryTopicSubscription:
        """Call `on_entry` for what is appended from now on."""
        number = next(self._numbers)
        self._interests[number] = (topic, on_entry)
        return MemoryTopicSubscription(self._interests, number)

    def _hear(self, entry: Entry) -> None:
        if self.loses(entry):
            return
        topic = read_subject(entry.subject)
        for pattern, on_entry in list(self._interests.values()):
            if matches(pattern, topic):
                self._tell(on_entry, entry)

    def _tell(self, on_entry: Callable[[Entry], None], entry: Entry) -> None:
        try:
            on_entry(entry)
        except Exception:
            # Who speaks does not suffer from who listens, as between processes
            log.exception("a listener failed")
