"""The log of topics: what was said in rooms and topics, numbered through, kept for a while, and told live.

Durable as JetStream is, and outside the promise of the inbox. Everything raises Unavailable while the log is away.
"""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from notifications.domain.topics import Entry, LogEnd, LogPage, Topic
from notifications.ports.bus import Subscription


class TopicLog(Protocol):
    """One numbering for all topics of all tenants; a wildcard of `Topic` stands for all topics that it matches."""

    async def append(self, topic: Topic, body: bytes, id: UUID) -> int:
        """Store a message and return its number. Within DEDUPLICATION_WINDOW the same `id` is stored once.

        When it raises Unavailable, the message may be stored all the same.
        """
        ...

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        """Return the next at most `limit` messages with numbers above `after`, in order; fewer if they are large.

        A message that was just told live may be missing still; who knows of it asks again. What was forgotten at the
        head is missing without a word: nothing is if `find_end`, asked afterwards, has a `first` up to `after` + 1 and
        the epoch that `after` is of.
        """
        ...

    async def find_last(self, topics: Sequence[Topic], after: int = 0) -> dict[str, int]:
        """Return by subject the number of the newest message of each topic that has one above `after`.

        Wildcards are spelled out. What it costs goes by how many there are, of topics as of those that are returned.
        """
        ...

    async def find_end(self) -> LogEnd:
        """Return the log's epoch and its first and last number."""
        ...


class TopicBus(Protocol):
    """Tells what is appended, soon and at most once: `Entry.prev` shows what was lost on the way."""

    async def subscribe(self, topic: Topic, on_entry: Callable[[Entry], None]) -> Subscription:
        """Call `on_entry`, which returns quickly, for what is appended from now on.

        Returns when the server knows of the interest; raises Unavailable, and leaves no interest behind, without one.
        """
        ...
