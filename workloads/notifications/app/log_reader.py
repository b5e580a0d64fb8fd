"""Reads the log of topics for sockets and repairs: those that ask for the same at once share the answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from notifications.domain.limits import TOPIC_PAGE
from notifications.domain.topic_message import unpack, write_wire
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic
from notifications.ports.clock import Clock
from notifications.ports.topics import TopicLog

_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class Said:
    """A message of the log, ready to be shown: what is the same for all sockets is made once."""

    seq: int
    subject: str
    event: str
    live: str
    replayed: str
    _payload: Any = field(default=None, init=False)

    def payload(self) -> Any:
        """Return what was said, decoded."""
        if self._payload is None:
            self._payload = json.loads(self.live).get("payload")
        return self._payload


@dataclass(frozen=True, slots=True)
class Passage:
    """A page of the log, ready to be shown; all up to `upto` is in it unless `more` follows.

    `whole` is false if some of it may have been older than what the log keeps.
    """

    said: tuple[Said, ...]
    upto: int
    more: bool
    whole: bool


class LogReader:
    """Single flight over a TopicLog, open to those who ask before it departs. Everything raises Unavailable."""

    def __init__(self, log: TopicLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._boarding: dict[Hashable, asyncio.Task[Any]] = {}

    async def find_end(self) -> LogEnd:
        """Return the log's epoch and numbers."""
        return await self._share("end", self._log.find_end)

    async def read(self, topic: Topic, after: int) -> Passage:
        """Return the next page after a number."""
        return await self._share((topic, after), lambda: self._read(topic, after))

    async def read_entries(self, topic: Topic, after: int) -> LogPage:
        """Return the same as the log has it."""
        return await self._log.read(topic, after, TOPIC_PAGE)

    def prepare(self, entry: Entry) -> Said | None:
        """Return what is to be shown of an entry; None if its time is over or it is none of ours."""
        try:
            message = unpack(entry.body)
        except ValueError:
            return None
        if message.is_over(int(self._clock().timestamp() * 1000)):
            return None
        live, replayed = write_wire(message, entry.seq), write_wire(message, entry.seq, replayed=True)
        return Said(entry.seq, entry.subject, message.event, live, replayed)

    async def _read(self, topic: Topic, after: int) -> Passage:
        page, end = await self.read_entries(topic, after), await self.find_end()
        said = tuple(said for entry in page.entries if (said := self.prepare(entry)))
        return Passage(said, page.upto, page.more, whole=end.first <= after + 1)

    async def _share(self, what: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        flight: asyncio.Task[_T] | None = self._boarding.get(what)
        if flight is None:
            flight = self._boarding[what] = asyncio.create_task(self._depart(what, ask))
        return await asyncio.shield(flight)

    async def _depart(self, what: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        del self._boarding[what]
        return await ask()
