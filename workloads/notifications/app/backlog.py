"""What gateways did not hear of topics, read from the log: all subjects in one order, and a stretch of it at a time.

However much is missing of however many subjects, no more than TOPIC_STRETCH of it is in hand, beside what TOPIC_READS
pages bring. What lies beyond the stretch's end is read again with the next one.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Final, Protocol

from notifications.domain.limits import (
    TOPIC_PAGE,
    TOPIC_PAGE_AGAIN,
    TOPIC_READS,
    TOPIC_STRETCH,
    TOPIC_STRETCH_ENTRIES,
)
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic, read_subject

BEYOND: Final = 2**64
"""More than any number of the log."""
_TRIES: Final = 20


class Records(Protocol):
    """The log."""

    async def read_entries(self, topic: Topic, after: int, limit: int) -> LogPage:
        """Return the next page. Raises Unavailable."""
        ...

    async def find_end(self) -> LogEnd:
        """Return the first and last number of the log. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whatever is missing up to `end` is among these entries, or was handed out before: `prev` of none is a gap."""

    entries: Sequence[Entry]
    end: int


@dataclass(slots=True, eq=False)
class _Place:
    """A subject that is missing up to `upto`. All up to `after` was handed out."""

    topic: Topic
    after: int
    upto: int
    tries: int = _TRIES
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """The numbers of a page of a subject."""

    place: _Place
    numbers: Sequence[int]
    more: bool


@dataclass(slots=True)
class _Draft:
    """A stretch while it is read: what does not fit is let go, from its end."""

    end: int = BEYOND
    reads: list[_Read] = field(default_factory=list)
    _kept: list[tuple[int, Entry]] = field(default_factory=list)
    _size: int = 0

    def add(self, place: _Place, page: LogPage) -> None:
        """Take the next page of a subject."""
        self.reads.append(_Read(place, [entry.seq for entry in page.entries], page.more))
        if page.upto < place.upto:
            self.end = min(self.end, page.upto)
        for entry in page.entries:
            heappush(self._kept, (-entry.seq, entry))
            self._size += len(entry.body)
        while self._kept and (-self._kept[0][0] > self.end or (self._size > TOPIC_STRETCH and len(self._kept) > 1)):
            seq, entry = heappop(self._kept)
            self._size -= len(entry.body)
            self.end = min(self.end, -seq - 1)

    def entries(self) -> list[Entry]:
        """Return in order what it holds."""
        return [entry for _, entry in sorted(self._kept, reverse=True)]


class Backlog:
    """`find_last` says up to which number a subject was released; `on_loss` is told of subjects that have losses."""

    def __init__(self, records: Records, find_last: Callable[[str], int], on_loss: Callable[[str], None]) -> None:
        self._records = records
        self._find_last = find_last
        self._on_loss = on_loss
        self._places: dict[str, _Place] = {}
        self._busy = 0
        self._lagging = False

    def __len__(self) -> int:
        """Return of how many subjects anything is missing."""
        return len(self._places)

    def want(self, subject: str, upto: int) -> None:
        """Read a subject up to a number, if it was not released so far."""
        if place := self._places.get(subject):
            place.upto = max(place.upto, upto)
        elif upto > (last := self._find_last(subject)):
            self._places[subject] = _Place(read_subject(subject), last, upto)

    def clear(self) -> None:
        """Want nothing more: what is being read now is of no use."""
        self._places = {}

    async def read(self) -> Stretch:
        """Return what comes next; its end is BEYOND when nothing is missing any more. Raises Unavailable."""
        if self._lagging:
            await asyncio.sleep(TOPIC_PAGE_AGAIN)
        self._drop_released()
        places, draft = self._places, _Draft()
        await self._read_pages(draft)
        first = (await self._records.find_end()).first if draft.reads else 0
        if self._places is not places:
            return Stretch((), 0)
        entries = [replace(entry, prev=0) for entry in draft.entries()]
        self._busy, self._lagging = len(draft.reads), False
        for read in draft.reads:
            entries += self._move(read, draft.end, first)
        return Stretch(entries, draft.end)

    def _drop_released(self) -> None:
        """Let go of what was released all the same, or has no followers any more."""
        for subject, place in tuple(self._places.items()):
            if self._find_last(subject) >= place.upto:
                del self._places[subject]

    async def _read_pages(self, draft: _Draft) -> None:
        """Read the next page of each subject that may have something before the stretch's end."""
        places = sorted(self._places.values(), key=lambda place: place.after)
        limit = max(1, min(TOPIC_PAGE, TOPIC_STRETCH_ENTRIES // (self._busy or len(places) or 1)))
        for start in range(0, len(places), TOPIC_READS):
            some = [place for place in places[start : start + TOPIC_READS] if place.after < draft.end]
            reads = (self._records.read_entries(place.topic, place.after, limit) for place in some)
            for place, page in zip(some, await asyncio.gather(*reads), strict=True):
                draft.add(place, page)

    def _move(self, read: _Read, end: int, first: int) -> Iterator[Entry]:
        """Go on behind what was handed out. What is lost leaves an empty entry where it should have ended."""
        place, numbers = read.place, read.numbers
        is_lost = first > place.after + 1
        ahead = next((number for number in numbers if number > end), None)
        place.after = ahead - 1 if ahead else max([place.after, *numbers])
        if place.after < place.upto and not ahead and not read.more:
            # The server that answers may lag behind the one that told of it
            place.tries -= 1
            self._lagging = True
        if place.after >= place.upto or not place.tries:
            del self._places[place.topic.subject]
            if place.upto not in numbers:
                is_lost = True
                yield Entry(place.topic.subject, place.upto, 0, b"")
        if is_lost and not place.told:
            place.told = True
            self._on_loss(place.topic.subject)
