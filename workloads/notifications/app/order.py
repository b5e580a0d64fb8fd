"""Releases what topics tell live in the order of the log, and reads from the log what was lost on the way.

Each message names the one before it on its subject. Where that was not seen, everything waits until it was read. So it
does when the bus was away, until the ends of all topics were compared with what was seen: whoever is told a number has
been shown everything before it.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Protocol

from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_HELD_ENTRIES, MAX_SUBJECTS, TOPIC_PAGE_AGAIN, TOPIC_READS
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic, read_subject

_log = logging.getLogger(__name__)
_PAUSE = 0.5
_TRIES = 20
_BEYOND = 2**64


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


class Records(Protocol):
    """Where what was lost is read."""

    async def read_entries(self, topic: Topic, after: int) -> LogPage:
        """Return the next page. Raises Unavailable."""
        ...

    async def find_end(self) -> LogEnd:
        """Return the first and last number of the log. Raises Unavailable."""
        ...


class Order:
    """What was released of each subject, and what waits."""

    def __init__(self, audience: Audience, records: Records, tasks: Tasks) -> None:
        self._audience = audience
        self._records = records
        self._tasks = tasks
        self._last: dict[str, int] = {}
        self._held: list[Entry] = []
        # What was released by then of subjects that are no longer remembered
        self._floor = 0
        self._suspicious = False
        self._settling = False
        self._life = 0
        self.released = 0

    def take(self, entry: Entry) -> None:
        """Release a message, now or when what comes before it was read; drop one that was released."""
        last = self.last(entry.subject)
        if entry.seq <= last:
            return
        if self._settling or entry.prev > last:
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
        self._life += 1
        self._last.clear()
        self._held.clear()
        self.released = self._floor = 0

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
            return _BEYOND
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
        if len(self._held) < MAX_HELD_ENTRIES:
            self._held.append(entry)
        else:
            self._suspicious = True
        self._settle()

    def _settle(self) -> None:
        if not self._settling:
            self._settling = True
            self._tasks.start(self._settle_all(), "repair topics")

    async def _settle_all(self) -> None:
        try:
            while self._held or self._suspicious:
                try:
                    await self._fill(await self._find_missing())
                    self._release_held()
                except Unavailable:
                    self._suspicious = True
                    await asyncio.sleep(_PAUSE)
                except Exception:  # or nothing would be shown to anybody any more
                    _log.exception("topics could not be repaired")
                    self._suspicious = True
                    await asyncio.sleep(_PAUSE)
        finally:
            self._settling = False

    async def _find_missing(self) -> Mapping[str, int]:
        """Return by subject up to which number it has to be read."""
        if self._suspicious:
            self._suspicious = False
            return await self._audience.compare()
        missing: dict[str, int] = {}
        for entry in self._held:
            if entry.prev > self.last(entry.subject):
                missing[entry.subject] = max(entry.prev, missing.get(entry.subject, 0))
        return missing

    async def _fill(self, missing: Mapping[str, int]) -> None:
        behind = [(subject, upto) for subject, upto in missing.items() if upto > self.last(subject)]
        for start in range(0, len(behind), TOPIC_READS):
            reads = (self._read(subject, upto) for subject, upto in behind[start : start + TOPIC_READS])
            life = self._life
            found = await asyncio.gather(*reads)
            if life != self._life:
                self._suspicious = True
                return
            for entries in found:
                self._held += entries

    async def _read(self, subject: str, upto: int) -> list[Entry]:
        """Return what was lost on a subject. The server that answers may lag behind the one that told of it."""
        topic, began, tries = read_subject(subject), self.last(subject), _TRIES
        after = began
        entries: list[Entry] = []
        while after < upto and tries:
            page = await self._records.read_entries(topic, after)
            entries += page.entries
            after = max([after, *(entry.seq for entry in page.entries)])
            if after < upto and not page.more:
                tries -= 1
                await asyncio.sleep(TOPIC_PAGE_AGAIN)
        first = (await self._records.find_end()).first
        if first > self.last(subject) + 1 or upto not in {entry.seq for entry in entries}:
            self._audience.miss(subject)
        if after < upto:
            entries.append(Entry(subject, upto, after, b""))
        return list(_chain(entries, began))

    def _release_held(self) -> None:
        """Release in order up to the first message before which another is missing."""
        held, self._held = sorted(self._held, key=attrgetter("seq", "prev")), []
        for number, entry in enumerate(held):
            last = self.last(entry.subject)
            if entry.prev > last:
                self._held = held[number:] + self._held
                return
            if entry.seq > last:
                self._release(entry)


def _chain(entries: list[Entry], last: int) -> Iterator[Entry]:
    """Yield the entries as if each followed the one before: what is missing between them is lost."""
    for entry in entries:
        yield replace(entry, prev=last)
        last = entry.seq
