"""One socket's side of the topics that it follows: what it was shown of each, and how it catches up."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from notifications.app.log_reader import Passage, Said
from notifications.app.tasks import Tasks
from notifications.domain.cursor import Cursor
from notifications.domain.errors import SlowConsumer, Unavailable
from notifications.domain.families import Slow
from notifications.domain.filters import Filter
from notifications.domain.limits import MAX_LATEST, TOPIC_PAGE_AGAIN
from notifications.domain.saved import Follow
from notifications.domain.subjects import includes
from notifications.domain.topics import Topic
from notifications.domain.window import MOMENT, NO_WINDOW, Window
from notifications.ports.socket import Socket

_log = logging.getLogger(__name__)
_PAUSE = 1.0


class Source(Protocol):
    """Where messages are read again."""

    async def read(self, topic: Topic, after: int) -> Passage:
        """Return the next page after a number. Raises Unavailable."""
        ...

    @property
    def released(self) -> int:
        """The number up to which everything of all topics that are followed here has come live."""
        ...

    def newest(self, topic: Topic) -> int:
        """Return the number of the last message of a topic that was shown live."""
        ...

    def unfollow(self, follower: "Follower", topic: Topic) -> bool:
        """Show a socket no more of a topic."""
        ...


@dataclass(slots=True, eq=False)
class Following:
    """A topic that a socket follows. Everything of it up to `sent` was shown, or lies before `began`.

    What comes live with a number up to `floor` was read from the log before.
    """

    topic: Topic
    sent: int
    filter: Filter | None = None
    live: bool = False
    slow: Slow = Slow.RESUME
    lags: bool = field(init=False, default=False)
    """Whether it fell behind what comes live, and has not read on since."""
    silences: int = 0
    """How often the log had nothing more for it."""
    began: int = field(init=False)
    floor: int = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.floor = self.sent

    def has_read(self, said: Said) -> bool:
        """Whether it was shown a message when it read the log."""
        return self.began < said.seq <= (self.floor if self.live else self.sent)

    def wants(self, said: Said) -> bool:
        """Whether it is to be shown, as far as its filter says."""
        return self.filter is None or self.filter.passes(said.payload())


class Follower:
    """Shows a socket every message of its topics once, each topic in order.

    A following that is live is sent what comes. Any other reads the log from where it stands until nothing is between
    it and what comes live; a socket without room makes all that are concerned do that.
    """

    def __init__(self, socket: Socket, source: Source, on_news: Callable[[], None], tasks: Tasks) -> None:
        self.socket = socket
        self.epoch = 0
        self.followings: dict[Topic, Following] = {}
        self._source = source
        self._on_news = on_news
        self._tasks = tasks
        self._shown = 0
        self.pinned: int | None = None
        """What the position does not pass, while more topics are about to be followed from there."""
        self.window: Window | None = None
        """In which live messages gather, whatever their family says; None for the family's."""
        self.ended = False
        """Whether it follows nothing any more, for good."""

    @property
    def position(self) -> int:
        """The number up to which everything was shown."""
        upto = self._shown if self.pinned is None else min(self._shown, self.pinned)
        for following in self.followings.values():
            if not following.live and following.sent < upto:
                upto = following.sent
        return upto

    def begin(self, following: Following, epoch: int) -> None:
        """Follow a topic from `following.sent` on, in this life of the log."""
        if not self.followings:
            self.epoch, self._shown = epoch, following.sent
        self.followings[following.topic] = following
        if not following.live:
            self._start(following)

    def resume(self, at: Cursor, follows: Iterable[Follow]) -> None:
        """Stand where a client stood, of all that it followed, until each is followed again."""
        self.epoch, self._shown = at.topics_epoch, at.topics_seq
        for follow in follows:
            self.followings[follow.topic] = Following(follow.topic, at.topics_seq, follow.filter)

    def show(self, said: Said, followings: Sequence[Following]) -> bool:
        """Send what has come live. Returns whether anything was sent."""
        fresh = [following for following in followings if following.live and following.floor < said.seq]
        wanted = self._is_wanted(said, fresh, followings)
        if wanted and not self._send_live(said):
            for following in fresh:
                following.sent = max(following.sent, said.seq - 1)  # all before came live
                self._fall_behind(following)
            return False
        for following in fresh:
            following.sent = max(following.sent, said.seq)
        self._shown = max(self._shown, said.seq)
        return wanted

    def _is_wanted(self, said: Said, fresh: Sequence[Following], followings: Sequence[Following]) -> bool:
        if len(fresh) == len(followings):  # none of them can have read it from the log
            return any([following.wants(said) for following in fresh])
        return any(following.wants(said) for following in fresh) and not any(
            each.has_read(said) and each.wants(said) for each in followings
        )

    def advance(self) -> bool:
        """Take note of what has come for others by now: none of it is missing. Returns whether that was new."""
        before, self._shown = self.position, max(self._shown, self._source.released if self.followings else 0)
        return self.position > before

    def start_over(self, epoch: int) -> None:
        """Begin with another life of the log, which this socket has seen nothing of."""
        self.epoch, self._shown = epoch, 0
        for following in tuple(self.followings.values()):  # a socket that is closed for want of room follows nothing
            following.sent = following.began = following.floor = 0
            self.tell_gap(following.topic, "epoch")

    def tell_gap(self, topic: Topic, reason: str) -> None:
        """Say that messages are missing which cannot be shown any more; a socket without room for that is closed."""
        gap = json.dumps({"topic": topic.name, "reason": reason}, ensure_ascii=False)
        if not self.socket.send("topic:gap", gap):
            self.socket.close()

    def close(self) -> None:
        """Follow nothing more; harmless to repeat."""
        self.ended = True
        for topic in tuple(self.followings):
            self._source.unfollow(self, topic)

    def _send_live(self, said: Said) -> bool:
        window = self.window or said.window or (MOMENT if self.socket.is_busy else NO_WINDOW)
        if said.urgent or window is NO_WINDOW:
            return self._send(said.event, said.live)
        return self.socket.gather(said.event, said.live, window, self._on_news)

    def _send(self, event: str, body: str) -> bool:
        self._on_news()
        return self.socket.send(event, body)

    def _fall_behind(self, following: Following) -> None:
        following.live, following.lags = False, True
        self._start(following)

    def _start(self, following: Following) -> None:
        self._tasks.start(self._catch_up(following), f"catch up {self.socket.id}")

    async def _catch_up(self, following: Following) -> None:
        while self._follows(following) and not following.live:
            try:
                await self.socket.drained()
                if not following.lags or await self._skip(following):
                    await self._read(following)
            except SlowConsumer as error:
                _log.info("slow consumer", extra={"reason": str(error)})
                self.close()
                self.socket.close()
            except Unavailable:
                await asyncio.sleep(_PAUSE)
            except Exception:
                self.close()
                self.socket.close()  # it comes back with its cursor, which beats a socket that stays silent
                raise

    async def _skip(self, following: Following) -> bool:
        """Pass over what a slow reader of the family is not shown, and return whether it has room for the rest."""
        match following.slow:
            case Slow.DROP_OLDEST if (newest := self._source.newest(following.topic)) > following.sent:
                following.sent = newest
                self.tell_gap(following.topic, "slow")
            case Slow.KEEP_LATEST if not await self._show_latest(following):
                return False
        following.lags = False
        return True

    async def _show_latest(self, following: Following) -> bool:
        """Show the newest of each topic that it follows, all missed ones read. Returns whether there was room."""
        latest: dict[str, Said] = {}
        upto, missed, more = following.sent, 0, True
        while more:
            page = await self._source.read(following.topic, upto)
            wanted = [said for said in page.said if self._lacks(following, said)]
            missed += len(wanted)
            latest.update((said.subject, said) for said in wanted)
            while len(latest) > MAX_LATEST:
                del latest[min(latest, key=lambda subject: latest[subject].seq)]
            upto, more = max(upto, page.upto), page.more
        if not self._follows(following):
            return False
        if len(latest) < missed:
            self.tell_gap(following.topic, "slow")
        for said in sorted(latest.values(), key=lambda said: said.seq):
            if not self._send(said.event, said.replayed):
                return False
            following.sent = said.seq
        following.sent = upto
        return True

    async def _read(self, following: Following) -> None:
        epoch, upto = self.epoch, following.sent
        page = await self._source.read(following.topic, following.sent)
        if not self._follows(following) or epoch != self.epoch:
            return
        for said in page.said:
            if self._lacks(following, said) and not self._send(said.event, said.replayed):
                return
            following.sent = said.seq
        if not page.whole:
            self.tell_gap(following.topic, "lost")
        following.sent = max(following.sent, page.upto)
        if page.more:
            return
        if page.upto > upto or following.sent < self._source.newest(following.topic):
            following.silences = 0
        if following.silences:
            self._go_live(following)
        else:
            following.silences += 1
            await asyncio.sleep(TOPIC_PAGE_AGAIN)  # who answered may lag behind: silence is an end when it lasts

    def _lacks(self, following: Following, said: Said) -> bool:
        """Whether a message has not been shown for another following that has it as well."""
        return following.wants(said) and not any(
            other.began < said.seq <= other.sent and other.wants(said)
            for other in self.followings.values()
            if other is not following and includes(other.topic.subject, said.subject)
        )

    def _go_live(self, following: Following) -> None:
        following.live, following.floor, following.silences = True, following.sent, 0
        if all(other.live for other in self.followings.values()):
            # What others follow may be on its way still
            self._shown = max(self._shown, min(following.sent, self._source.released))
            self._on_news()  # what came for others meanwhile was told with the position of this one

    def _follows(self, following: Following) -> bool:
        return not self.ended and self.followings.get(following.topic) is following
