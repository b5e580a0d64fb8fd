"""What NATS keeps for topics, and the way of each gateway to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from notifications.adapters.memory.sessions import MemorySessionStore
from notifications.adapters.memory.topic_log import MemoryTopicLog
from notifications.domain.topic_message import unpack
from notifications.domain.topics import Entry, Topic, matches, read_subject
from tests.simulation.loop import VirtualLoop
from tests.simulation.topics.history import Event, Lost, Place, Stored
from tests.simulation.wire import Server

YOUNGEST_FORGOTTEN = 10.0
"""Seconds; what no gateway could read in time it could not know of, but the log keeps things for days."""
LONGEST_LAG = 0.04
"""Shorter than TOPIC_PAGE_AGAIN, by which who reads allows for it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of the log, and when it was stored."""

    at: float
    entry: Entry


class Broker:
    """The log and the saved sessions, whose every change is recorded."""

    def __init__(self, loop: VirtualLoop, record: Callable[[Event], None]) -> None:
        self.log = MemoryTopicLog()
        self.sessions = MemorySessionStore()
        self.epoch = 1
        self._loop = loop
        self._record = record
        self._kept: list[Kept] = []
        self.log.listeners.append(self._keep)

    def place(self, entry: Entry) -> Place:
        """Return the place of an entry of this life."""
        return Place(self.epoch, entry.seq)

    def find_last(self, topic: Topic, by: float) -> dict[str, int]:
        """Return by subject the last number of a topic as it was known at a time."""
        old = [kept.entry for kept in self._kept if kept.at <= by]
        return {entry.subject: entry.seq for entry in old if matches(topic, read_subject(entry.subject))}

    def is_known(self, entry: Entry, by: float) -> bool:
        """Say whether an entry was stored by then."""
        return any(kept.at <= by and kept.entry.seq == entry.seq for kept in self._kept)

    def wipe(self) -> None:
        """Lose everything."""
        self.log.wipe()
        self.sessions.wipe()
        self.epoch += 1
        self._kept.clear()
        self._record(Lost(self._loop.time(), Place(self.epoch, 1)))

    async def trim(self, random: Random) -> None:
        """Forget some of the oldest."""
        end = await self.log.find_end()
        old = [kept.entry.seq for kept in self._kept if kept.at <= self._loop.time() - YOUNGEST_FORGOTTEN]
        self.log.trim(random.randint(end.first, max(old, default=end.first - 1) + 1))
        first = (await self.log.find_end()).first
        self._kept = [kept for kept in self._kept if kept.entry.seq >= first]
        self._record(Lost(self._loop.time(), Place(self.epoch, first)))

    def _keep(self, entry: Entry) -> None:
        self._kept.append(Kept(self._loop.time(), entry))
        message = unpack(entry.body)
        payload = json.loads(message.text)["payload"]
        topic = read_subject(entry.subject)
        expires = message.expires_at is not None
        stored = Stored(self._loop.time(), self.place(entry), topic, payload["marker"], payload["kind"], expires)
        self._record(stored)


class Link(Server):
    """A gateway's way to NATS. It may break alone; `at_loss` is told before anything comes over the next one."""

    def __init__(self, nats: Server, random: Random, loop: VirtualLoop) -> None:
        super().__init__("the way to NATS")
        self.at_loss: Callable[[], object] = lambda: None
        self.losses = 0
        self._nats = nats
        self._random = random
        self._loop = loop

    def is_away(self) -> bool:
        return self.away or self._nats.is_away()

    def cut(self, seconds: float) -> None:
        """Break for a while; the gateway learns of it sooner or later."""
        if self.away:
            return
        self.away = True
        self.losses += 1
        notice = self._random.choice([0.001, self._random.uniform(0.0, seconds)])
        self._loop.call_later(notice, self._tell)
        self._loop.call_later(seconds, self._mend)

    def _tell(self) -> None:
        self.at_loss()

    def _mend(self) -> None:
        self._tell()
        self._loop.call_soon(self.come_back)
