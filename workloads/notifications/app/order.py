"""Releases what topics tell live in the order of the log, and reads from the log what was lost on the way.

Each message names the one before it on its subject. Where that was not seen, or the bus was away, everything waits. The
ends of all topics are compared with what was seen, for losses come together, and what is missing is read: whoever is
told a number has been shown everything before it.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from notifications.app.backlog import BEYOND, Backlog, Records
from notifications.app.held import Held
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_SUBJECTS, TOPIC_RELEASED
from notifications.domain.topics import Entry

_log = logging.getLogger(__name__)
_PAUSE = 0.5


class Audience(Protocol):
    """Who is told, in order."""

    def find_base(self, subject: str) -> int | None:
        """Return the number after which everything on a subject has come live; None if nobody follows it."""
        ...

    def release(self, entry: Entry) -> None:
        """Show a message."""
        ...

    def miss(self, subject: str) -> None:
        """Take note that messages on a subject are lost for good."""
        ...

    async def compare(self) -> Mapping[str, int]:
        """Return the last number of every subject that is of interest, after a new life of the log was begun with."""
        ...


class Order:
    """What was released of each subject, and what waits."""

    def __init__(self, audience: Audience, records: Records, tasks: Tasks) -> None:
        self._audience = audience
        self._tasks = tasks
        self._last: dict[str, int] = {}
        self._held = Held()
        self._backlog = Backlog(records, self.last, audience.miss)
        # What was released by then of subjects that are no longer remembered
        self._floor = 0
        self._suspicious = False
        self._settling = False
        # The end of what may be released while it is settled
        self._end = 0
        self.released = 0

    def take(self, entry: Entry) -> None:
        """Release a message, now or when what comes before it was read; drop one that was released."""
        last = self.last(entry.subject)
        if entry.seq <= last:
            return
        if self._settling:
            self._hold(entry)
        elif entry.prev > last:
            self._suspicious = True
            self._hold(entry)
        else:
            self._release(entry)

    def last(self, subject: str) -> int:
        """Return the number up to which a subject was released, one beyond all if nobody follows it."""
        last = self._last.get(subject)
        return self._begin(subject) if last is None else last

    def suspect(self) -> None:
        """Release nothing more before the ends of all topics were compared with what was seen."""
        self._suspicious = True
        self._settle()

    def start_over(self) -> None:
        """Begin with another life of the log: nothing of it was seen."""
        self._last.clear()
        self._held.clear()
        self._backlog.clear()
        self._suspicious = self._suspicious or self._settling
        self.released = self._floor = self._end = 0

    def forget(self, subject: str) -> None:
        """Let go of a subject, unless anybody follows it still."""
        if self._audience.find_base(subject) is None:
            self._last.pop(subject, None)

    def tidy(self) -> None:
        """Let go of all subjects that nobody follows any more."""
        for subject in tuple(self._last):
            self.forget(subject)

    def _begin(self, subject: str) -> int:
        base = self._audience.find_base(subject)
        if base is None:
            return BEYOND
        if len(self._last) >= MAX_SUBJECTS:
            del self._last[next(iter(self._last))]
            self._floor = self.released
        self._last[subject] = max(base, self._floor)
        return self._last[subject]

    def _release(self, entry: Entry) -> None:
        self._last[entry.subject] = entry.seq
        self.released = max(self.released, entry.seq)
        self._audience.release(entry)

    def _hold(self, entry: Entry) -> None:
        if self._held.full:
            self._suspicious = True
        else:
            self._held.add(entry)
        self._settle()

    def _settle(self) -> None:
        if not self._settling:
            self._settling = True
            self._tasks.start(self._settle_all(), "repair topics")

    async def _settle_all(self) -> None:
        try:
            while self._held or self._suspicious or self._backlog:
                try:
                    await self._settle_next()
                except Unavailable:
                    self._suspicious = True
                    await asyncio.sleep(_PAUSE)
                except Exception:  # or nothing would be shown to anybody any more
                    _log.exception("topics could not be repaired")
                    self._suspicious = True
                    await asyncio.sleep(_PAUSE)
        finally:
            self._settling = False

    async def _settle_next(self) -> None:
        """Release up to the end of the next stretch of what is missing. In between sockets are written to."""
        if self._suspicious:
            self._suspicious = False
            for subject, upto in (await self._audience.compare()).items():
                self._backlog.want(subject, upto)
        for entry in self._held:
            if entry.prev > self.last(entry.subject):
                self._backlog.want(entry.subject, entry.prev)
        stretch = await self._backlog.read()
        for entry in stretch.entries:
            self._held.add(entry)
        self._end = stretch.end
        while self._release_held():  # noqa: ASYNC110 - nobody tells when others had their turn
            await asyncio.sleep(0)

    def _release_held(self) -> bool:
        """Release some in order, up to the end or the first message before which another is missing.

        Returns whether there may be more.
        """
        for _ in range(TOPIC_RELEASED):
            if not self._held or self._held.first.seq > self._end:
                return False
            last = self.last(self._held.first.subject)
            if self._held.first.prev > last:
                return False
            entry = self._held.take()
            if entry.seq > last:
                self._release(entry)
        return True
