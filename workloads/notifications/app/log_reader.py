"""Reads the log of topics for sockets and repairs: those that ask for the same at once share the answer."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifications.app.flight import Flights
from notifications.domain.limits import (
    MAX_TOPIC_HEAD,
    MAX_TOPIC_MESSAGE,
    TOPIC_END_EVERY,
    TOPIC_PAGE,
    TOPIC_PAGES_AT_ONCE,
)
from notifications.domain.topic_message import TopicMessage, unpack, write_wire
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic
from notifications.domain.window import Window
from notifications.ports.clock import Clock
from notifications.ports.topics import TopicLog


@dataclass(slots=True, eq=False)
class Said:
    """A message of the log, ready to be shown: what is the same for all sockets is made once."""

    seq: int
    subject: str
    event: str
    live: str
    replayed: str
    urgent: bool = False
    window: Window | None = None
    """That of its family; for the board to say."""
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
    """Shared flights over a TopicLog. Everything raises Unavailable.

    However many ask, TOPIC_PAGES_AT_ONCE pages are read at once, and the end is asked for every TOPIC_END_EVERY.
    """

    def __init__(self, log: TopicLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._flights = Flights()
        self._room = asyncio.Semaphore(TOPIC_PAGES_AT_ONCE)
        self._asked_at = -math.inf

    async def find_end(self) -> LogEnd:
        """Return the log's epoch and numbers."""
        return await self._flights.share("end", self._log.find_end, self._wait_for_turn)

    async def read(self, topic: Topic, after: int) -> Passage:
        """Return the next page after a number."""
        return await self._flights.share((topic, after), lambda: self._read(topic, after), self._room.acquire)

    async def read_entries(self, topic: Topic, after: int, limit: int = TOPIC_PAGE) -> LogPage:
        """Return the same as the log has it."""
        return await self._log.read(topic, after, limit)

    async def fits(self, sizes: Mapping[Topic, int], after: int, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Say whether what is to be shown of each topic after a number has so many bytes at most.

        One topic is read after the other. What is not wanted any more does not fit.
        """
        most = ((await self.find_end()).last - after) * (MAX_TOPIC_MESSAGE + MAX_TOPIC_HEAD)
        for topic, size in sizes.items():
            upto, more = after, most > size
            while more:
                if not is_wanted():
                    return False
                page, length = await self._measure(topic, upto)
                size, upto, more = size - length, page.upto, page.more
                if size < 0:
                    return False
        return True

    def prepare(self, entry: Entry) -> Said | None:
        """Return what is to be shown of an entry; None if its time is over or it is none of ours."""
        if (message := self._open(entry)) is None:
            return None
        live, replayed = write_wire(message, entry.seq), write_wire(message, entry.seq, replayed=True)
        return Said(entry.seq, entry.subject, message.event, live, replayed, message.urgent)

    async def _read(self, topic: Topic, after: int) -> Passage:
        page = await self._read_page(topic, after)
        end = await self.find_end()
        said = tuple(said for entry in page.entries if (said := self.prepare(entry)))
        # What the log no longer has is not asked for again
        return Passage(said, max(page.upto, end.first - 1), page.more, whole=end.first <= after + 1)

    async def _measure(self, topic: Topic, after: int) -> tuple[LogPage, int]:
        async def measure() -> tuple[LogPage, int]:
            page = await self._read_page(topic, after)
            return page, sum(len(entry.body) for entry in page.entries if self._open(entry))

        return await self._flights.share(("size", topic, after), measure, self._room.acquire)

    async def _read_page(self, topic: Topic, after: int) -> LogPage:
        try:
            return await self.read_entries(topic, after)
        finally:
            self._room.release()

    def _open(self, entry: Entry) -> TopicMessage | None:
        try:
            message = unpack(entry.body)
        except ValueError:
            return None
        return None if message.is_over(int(self._clock().timestamp() * 1000)) else message

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        if (wait := self._asked_at + TOPIC_END_EVERY - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._asked_at = loop.time()
