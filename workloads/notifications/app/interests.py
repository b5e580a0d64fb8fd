"""What a gateway listens for: one subscription for each topic that any of its sockets follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from notifications.app.follower import Follower, Following
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.subjects import LIVE, WILDCARDS, includes
from notifications.domain.topics import Entry, LogEnd, Topic
from notifications.ports.bus import Subscription
from notifications.ports.topics import TopicBus

Prefix = tuple[str, ...]
_WIDE: Prefix = ()
_NAMED = LIVE.count(".") + 4  # what stands before every tenant, the tenant, and two tokens


@dataclass(slots=True, eq=False)
class Interest:
    """A topic, who follows it, and the number after which everything of it has come live; None until it does."""

    topic: Topic
    followers: dict[Follower, Following] = field(default_factory=dict)
    base: int | None = None
    newest: int = 0
    waiting: int = 0
    early: list[Entry] = field(default_factory=list)
    opening: asyncio.Task[Subscription | Unavailable] | None = None


class Interests:
    """Opens an interest for the first who follows it and closes it after the last."""

    def __init__(
        self,
        bus: TopicBus,
        find_end: Callable[[], Awaitable[LogEnd]],
        on_entry: Callable[[Entry], None],
        tasks: Tasks,
    ) -> None:
        self._bus = bus
        self._find_end = find_end
        self._on_entry = on_entry
        self._tasks = tasks
        self._by_topic: dict[Topic, Interest] = {}
        self._exact: dict[str, Interest] = {}
        self._wild: dict[Prefix, dict[Topic, Interest]] = {}
        self.on_close: Callable[[Topic], None] = lambda _: None
        """Called when a topic is listened to no more."""

    def __iter__(self) -> Iterator[Interest]:
        return iter(tuple(self._by_topic.values()))

    def __len__(self) -> int:
        return len(self._by_topic)

    def get(self, topic: Topic) -> Interest | None:
        """Return the interest in exactly this topic."""
        return self._by_topic.get(topic)

    def matching(self, subject: str) -> tuple[Interest, ...]:
        """Return every interest that hears what is said on a subject."""
        exact = self._exact.get(subject)
        wild = self._match_wild(subject) if self._wild else ()
        return wild if exact is None else (exact, *wild)

    @asynccontextmanager
    async def opened(self, topic: Topic) -> AsyncIterator[Interest]:
        """Keep an interest open for a block, and then for as long as somebody follows it. Raises Unavailable."""
        interest = self._by_topic.get(topic) or self._add(topic)
        interest.waiting += 1
        try:
            await self._open(interest)
            yield interest
        finally:
            interest.waiting -= 1
            self.leave(interest)

    def leave(self, interest: Interest) -> None:
        """Close an interest that nobody follows or is about to."""
        if interest.followers or interest.waiting or self._by_topic.get(interest.topic) is not interest:
            return
        self._remove(interest.topic)
        self._tasks.start(self._close(interest), "close an interest")
        self.on_close(interest.topic)

    def _add(self, topic: Topic) -> Interest:
        interest = self._by_topic[topic] = Interest(topic)
        if topic.is_exact:
            self._exact[topic.subject] = interest
        else:
            self._wild.setdefault(_prefix(topic.subject), {})[topic] = interest
        return interest

    def _remove(self, topic: Topic) -> None:
        del self._by_topic[topic]
        if topic.is_exact:
            del self._exact[topic.subject]
            return
        prefix = _prefix(topic.subject)
        del self._wild[prefix][topic]
        if not self._wild[prefix]:
            del self._wild[prefix]

    def _match_wild(self, subject: str) -> tuple[Interest, ...]:
        prefixes = dict.fromkeys((_prefix(subject), _WIDE))  # one of them for a topic of a single token
        likely = [each for prefix in prefixes for each in self._wild.get(prefix, {}).items()]
        return tuple(interest for topic, interest in likely if includes(topic.subject, subject))

    async def _open(self, interest: Interest) -> None:
        if interest.opening is None or (interest.opening.done() and interest.base is None):
            interest.opening = self._tasks.start(self._listen(interest), "open an interest")
        if isinstance(opened := await asyncio.shield(interest.opening), Unavailable):
            raise opened

    async def _listen(self, interest: Interest) -> Subscription | Unavailable:
        """Listen first, then ask for the end of the log: what comes later is told, what came before is in the log."""

        def take(entry: Entry) -> None:
            if interest.base is None:
                interest.early.append(entry)
            else:
                self._on_entry(entry)

        try:
            subscription = await self._bus.subscribe(interest.topic, take)
        except Unavailable as error:
            return error
        try:
            interest.base = (await self._find_end()).last
        except BaseException as error:
            interest.early.clear()
            await subscription.close()
            if isinstance(error, Unavailable):
                return error
            raise
        early, interest.early = interest.early, []
        for entry in early:
            self._on_entry(entry)
        return subscription

    async def _close(self, interest: Interest) -> None:
        opening = interest.opening
        if opening is None:
            return
        opening.cancel()
        await asyncio.wait([opening])
        if not opening.cancelled() and not isinstance(opened := opening.result(), Unavailable):
            await opened.close()


def _prefix(subject: str) -> Prefix:
    """Return the tenant and the first two tokens: by them wildcards are found, but for those that are wide."""
    first = subject.split(".", _NAMED)[:_NAMED]
    return tuple(first) if len(first) == _NAMED and WILDCARDS.isdisjoint(first) else _WIDE
