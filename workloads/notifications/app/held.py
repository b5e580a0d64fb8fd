"""Messages of topics that wait for those before them, in the order of the log, as many as fit."""

from collections.abc import Iterator
from heapq import heappop, heappush

from notifications.domain.limits import MAX_HELD, MAX_HELD_ENTRIES
from notifications.domain.topics import Entry


class Held:
    """A heap by number; of two with the same number the one that follows an earlier one comes first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Entry]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over all, in no order."""
        return (entry for *_, entry in self._heap)

    @property
    def full(self) -> bool:
        """Whether nothing that can be read again is to be added."""
        return len(self._heap) >= MAX_HELD_ENTRIES or self._size >= MAX_HELD

    @property
    def first(self) -> Entry:
        """The next to be taken."""
        return self._heap[0][-1]

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        heappush(self._heap, (entry.seq, entry.prev, id(entry), entry))
        self._size += len(entry.body)

    def take(self) -> Entry:
        """Remove the first and return it."""
        *_, entry = heappop(self._heap)
        self._size -= len(entry.body)
        return entry

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()
        self._size = 0
