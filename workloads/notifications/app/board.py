"""The topics that sockets of one gateway follow: one interest each, whoever follows it, and one order for all."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from notifications.app.follower import Follower, Following
from notifications.app.interests import Interest, Interests
from notifications.app.log_reader import LogReader, Passage, Said
from notifications.app.order import Order
from notifications.app.probe import Probe
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Unavailable
from notifications.domain.families import Family, Slow
from notifications.domain.filters import Filter
from notifications.domain.limits import TOPIC_PROBE
from notifications.domain.topics import Entry, LogEnd, Topic, read_subject
from notifications.ports.clock import Clock
from notifications.ports.socket import Socket
from notifications.ports.topics import TopicBus, TopicLog

_log = logging.getLogger(__name__)
NO_FAMILIES: Final[Mapping[str, Family]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a socket asks to follow: all from now on, or since a position that it presents."""

    topic: Topic
    since: Cursor | None = None
    filter: Filter | None = None


class Board:
    """Hands what is said to the sockets that follow it."""

    def __init__(
        self, log: TopicLog, bus: TopicBus, clock: Clock, tasks: Tasks, families: Mapping[str, Family] = NO_FAMILIES
    ) -> None:
        self._slow = {name: family.slow for name, family in families.items()}
        self._windows = {name: family.window for name, family in families.items() if family.window}
        self._sizes = {name: family.max_bytes for name, family in families.items() if family.max_bytes}
        self._tasks = tasks
        self._reader = LogReader(log, clock)
        self._order = Order(self, self._reader, tasks)
        self._interests = Interests(bus, self._check_epoch, self._order.take, tasks)
        self._interests.on_close = self._forget
        self._probe = Probe(log, self._interests, self._check_epoch, tasks)
        self._epoch: int | None = None
        self._untidy = False
        self.on_unfollow: Callable[[Follower, Topic], None] = lambda *_: None
        """Called when a socket follows a topic no more."""

    @property
    def released(self) -> int:
        """The number up to which everything of all topics that are followed here has come live."""
        return self._order.released

    async def holds_all_after(self, at: Cursor) -> bool:
        """Say whether nothing that was said since a position is lost. Raises Unavailable."""
        return (await self._check_epoch()).holds_all_after(at)

    async def reaches(self, topics: Iterable[Topic], at: Cursor, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Say whether what was said since a position is no more than each topic's family is shown again at once.

        False as well for who wants it no more. Raises Unavailable.
        """
        sizes = {topic: self._sizes[topic.family] for topic in topics if topic.family in self._sizes}
        return not sizes or await self._reader.fits(sizes, at.topics_seq, is_wanted)

    def make_follower(self, socket: Socket, on_news: Callable[[], None]) -> Follower:
        """Return what follows topics for a socket; `on_news` is called before it is sent something."""
        return Follower(socket, self, on_news, self._tasks)

    async def follow(self, follower: Follower, wish: Wish) -> bool:
        """Let a socket follow a topic. Raises Unavailable.

        Returns whether it will be shown all that it missed since the position that it presented. Who follows the topic
        already and presents none goes on where it stands: clients join their rooms at every connect, also when they
        have just been recovered and what they missed is still to come.
        """
        if wish.since is None and (held := self._find_following(follower, wish.topic)):
            held.filter = wish.filter
            return True
        async with self._interests.opened(wish.topic) as interest:
            end = await self._check_epoch() if wish.since else None
            if follower.ended:
                raise Unavailable("the connection has ended")
            recovered = end is not None and wish.since is not None and end.holds_all_after(wish.since)
            sent = wish.since.topics_seq if recovered and wish.since else max(self.released, interest.base or 0)
            slow = self._slow.get(wish.topic.family, Slow.RESUME)
            following = Following(wish.topic, sent, wish.filter, live=not recovered, slow=slow)
            interest.followers[follower] = following
        follower.begin(following, self._epoch or 0)
        self._probe.look_soon(self._order)
        return recovered

    def unfollow(self, follower: Follower, topic: Topic) -> bool:
        """Show a socket no more of a topic. Returns whether it followed it."""
        if follower.followings.pop(topic, None) is None:
            return False
        self.on_unfollow(follower, topic)
        if interest := self._interests.get(topic):
            interest.followers.pop(follower, None)
            self._interests.leave(interest)
        return True

    async def run(self) -> None:
        """Look from time to time whether anything was lost that nothing after it shows, until cancelled."""
        while True:
            await asyncio.sleep(TOPIC_PROBE)
            await self._probe.look(self._order)
            if self._untidy:
                self._untidy = False
                self._order.tidy()

    def suspect(self) -> None:
        """Take note that the bus was away: what was told meanwhile was not heard."""
        if len(self._interests):
            self._order.suspect()

    async def read(self, topic: Topic, after: int) -> Passage:
        """Return the next page of a topic after a number. Raises Unavailable."""
        return await self._reader.read(topic, after)

    def newest(self, topic: Topic) -> int:
        """Return the number of the last message of a topic that was released."""
        interest = self._interests.get(topic)
        return interest.newest if interest else 0

    def sockets(self, topic: Topic) -> list[Socket]:
        """Return who follows exactly this topic, as those do who have joined the room of that name."""
        interest = self._interests.get(topic)
        return [follower.socket for follower in interest.followers] if interest else []

    # What `order` asks and tells

    def find_base(self, subject: str) -> int | None:
        """Return the number after which everything on a subject has come live; None if nobody follows it."""
        bases = [interest.base for interest in self._interests.matching(subject) if interest.base is not None]
        return min(bases) if bases else None

    def release(self, entry: Entry) -> None:
        """Show a message to all that follow it, to each once."""
        interests = self._interests.matching(entry.subject)
        for interest in interests:
            interest.newest = max(interest.newest, entry.seq)
        if (said := self._reader.prepare(entry)) is None:
            return
        if self._windows:
            said.window = self._windows.get(read_subject(entry.subject).family)
        if len(interests) == 1:
            for follower, following in tuple(interests[0].followers.items()):
                _show(follower, said, (following,))
            return
        for follower, followings in _gather(interests).items():
            _show(follower, said, followings)

    def miss(self, subject: str) -> None:
        """Tell all that follow a subject that something of it is lost."""
        topic = read_subject(subject)
        _log.warning("messages of a topic are lost", extra={"tenant": topic.tenant})
        for follower in _gather(self._interests.matching(subject)):
            follower.tell_gap(topic, "lost")

    async def compare(self) -> Mapping[str, int]:
        """Return the last numbers of all that is followed and may be behind. Raises Unavailable."""
        return await self._probe.compare()

    def _find_following(self, follower: Follower, topic: Topic) -> Following | None:
        interest = self._interests.get(topic)
        return interest.followers.get(follower) if interest else None

    def _forget(self, topic: Topic) -> None:
        """Let go of what was released of a topic that nobody follows; of many with the next look at all of them."""
        if topic.is_exact:
            self._order.forget(topic.subject)
        else:
            self._untidy = True

    async def _check_epoch(self) -> LogEnd:
        end = await self._reader.find_end()
        if self._epoch is None:
            self._epoch = end.epoch
        elif end.epoch != self._epoch:
            _log.warning("the log of topics has begun anew: what it held is lost")
            self._epoch = end.epoch
            self._start_over()
        return end

    def _start_over(self) -> None:
        self._order.start_over()
        self._probe.start_over()
        followers: dict[Follower, None] = {}
        for interest in self._interests:
            interest.base = interest.newest = 0
            followers.update(dict.fromkeys(interest.followers))
        for follower in followers:
            follower.start_over(self._epoch or 0)


def _show(follower: Follower, said: Said, followings: Sequence[Following]) -> None:
    try:
        follower.show(said, followings)
    except Exception:  # the others must not miss it
        _log.exception("a socket could not be shown a message")
        follower.socket.close()


def _gather(interests: tuple[Interest, ...]) -> Mapping[Follower, list[Following]]:
    found: defaultdict[Follower, list[Following]] = defaultdict(list)
    for interest in interests:
        for follower, following in interest.followers.items():
            found[follower].append(following)
    return found
