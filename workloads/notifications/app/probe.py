"""Finds what was lost at the end of topics, where nothing that follows shows it."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Protocol

from notifications.app.interests import Interest, Interests
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import TOPIC_PROBE, TOPIC_PROBE_AFTER_JOIN, TOPIC_SETTLED
from notifications.domain.topics import LogEnd, Topic
from notifications.ports.topics import TopicLog

_log = logging.getLogger(__name__)


class Heard(Protocol):
    """What came live."""

    def last(self, subject: str) -> int:
        """Return the number up to which a subject was released."""
        ...

    def suspect(self) -> None:
        """Find out what is missing."""
        ...


class Probe:
    """Compares the ends of topics in the log with what was heard, asking only for those that moved.

    Every number is looked at for TOPIC_PROBE and more: a server that answers may lag behind, and a topic of which
    something was heard lately is left out, since what is said next shows a loss there, or the next look does.
    """

    def __init__(
        self, log: TopicLog, interests: Interests, check_epoch: Callable[[], Awaitable[LogEnd]], tasks: Tasks
    ) -> None:
        self._log = log
        self._interests = interests
        self._check_epoch = check_epoch
        self._tasks = tasks
        self._looked = self._sure = self._life = 0
        self._looked_at = -math.inf
        self._soon: asyncio.Task[None] | None = None
        self._joined = False

    def start_over(self) -> None:
        """Begin with another life of the log: nothing of it was looked at."""
        self._looked = self._sure = 0
        self._life += 1

    async def compare(self) -> Mapping[str, int]:
        """Return the last number of all that is followed and may be behind. Raises Unavailable."""
        await self._check_epoch()
        return await self._find_last(interest.topic for interest in self._interests)

    def look_soon(self, heard: Heard) -> None:
        """Look a little later: NATS does not say when an interest is known to all its servers."""
        self._joined = True
        if self._soon is None or self._soon.done():
            self._soon = self._tasks.start(self._look_later(heard), "probe topics")

    async def look(self, heard: Heard) -> None:
        """Look once."""
        if not len(self._interests):
            return
        try:
            life, end = self._life, await self._check_epoch()
            if life != self._life:
                heard.suspect()
            elif end.last > self._sure:
                await self._look_up_to(end.last, heard)
        except Unavailable as error:
            _log.warning("topics not looked up", extra={"reason": str(error)})

    async def _look_later(self, heard: Heard) -> None:
        while self._joined:
            self._joined = False
            await asyncio.sleep(TOPIC_PROBE_AFTER_JOIN)
            await self.look(heard)

    async def _look_up_to(self, end: int, heard: Heard) -> None:
        """Give what is on its way the time to arrive before it counts as lost."""
        life, last = self._life, await self._find_last(interest.topic for interest in self._quiet())
        await asyncio.sleep(TOPIC_SETTLED)
        if life != self._life:
            return
        if any(seq > heard.last(subject) for subject, seq in last.items()):
            heard.suspect()
        elif (now := asyncio.get_running_loop().time()) >= self._looked_at + TOPIC_PROBE:
            self._sure, self._looked, self._looked_at = self._looked, end, now

    def _quiet(self) -> Iterator[Interest]:
        """Yield where nothing was heard lately; of a wildcard it is not known of which topic it was."""
        for interest in self._interests:
            if interest.newest <= self._looked or not interest.topic.is_exact:
                yield interest

    async def _find_last(self, topics: Iterator[Topic]) -> Mapping[str, int]:
        life, last = self._life, await self._log.find_last(list(topics), self._sure)
        if life != self._life:
            raise Unavailable("the log of topics has begun anew meanwhile")
        return last
