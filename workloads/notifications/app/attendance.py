"""Who is there, as one gateway tells the others, hears from them, and shows its sockets."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from heapq import nsmallest
from itertools import islice
from typing import Final

from notifications.app.follower import Follower
from notifications.app.onlookers import Onlooker, Onlookers
from notifications.app.session import Session
from notifications.domain.limits import BEAT, MAX_PRESENCE_ROOMS, PRESENCE_TURN
from notifications.domain.notification import UserKey, wire_time
from notifications.domain.presence import ABSENT, News, Place, Presence, Status, find_place
from notifications.domain.rosters import Moment, Rosters
from notifications.domain.topics import Topic
from notifications.ports.clock import Clock
from notifications.ports.presence import PresenceBus

_AT_ONCE: Final = 256


class Attendance:
    """`me` names one life of this gateway, as no other has ever been called; `monotonic` gives seconds.

    Nothing is told at once: in each turn, what has changed until then. While this gateway does not hear itself it hears
    nobody, so nobody is held dead for silence.
    """

    def __init__(self, me: str, bus: PresenceBus, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._me = me
        self._bus = bus
        self._clock = clock
        self._monotonic = monotonic
        self._rosters = Rosters(me)
        self._all = Onlookers(self._rosters, self.tell_last_seen)
        self._version = 0
        self._onlookers: dict[Follower, Onlooker] = {}
        self._by_user: defaultdict[UserKey, dict[Onlooker, None]] = defaultdict(dict)
        self._arrived: list[tuple[Onlooker, Place]] = []
        self._stirred: dict[UserKey, None] = {}
        self._askers: dict[str, None] = {}
        self._asked: dict[str, float] = {}
        self._echoed = -math.inf

    def enter(self, session: Session, topic: Topic) -> None:
        """Take note that a socket follows a topic."""
        place, follower = find_place(topic), session.topics
        if place is None or follower is None:
            return
        onlooker = self._onlookers.get(follower)
        if onlooker is None:
            onlooker = self._onlookers[follower] = Onlooker(session)
            self._by_user[onlooker.owner][onlooker] = None
        if place not in onlooker.places:
            onlooker.places[place] = None
            self._arrived.append((onlooker, place))
            self._stirred[onlooker.owner] = None

    def leave(self, follower: Follower, topic: Topic) -> None:
        """Take note that a socket follows a topic no more."""
        onlooker, place = self._onlookers.get(follower), find_place(topic)
        if onlooker is None or place is None or place not in onlooker.places:
            return
        del onlooker.places[place]
        self._all.leave(onlooker, place)
        owner = onlooker.owner
        self._stirred[owner] = None
        if not onlooker.places:
            del self._onlookers[follower], self._by_user[owner][onlooker]
            if not self._by_user[owner]:
                del self._by_user[owner]

    def update(self, session: Session, status: Status) -> None:
        """Let a socket say how its user stands."""
        session.status = status
        if session.topics in self._onlookers:
            self._stirred[session.principal.owner] = None

    def list_present(self, place: Place, after: str, limit: int) -> list[tuple[str, Presence]]:
        """Return who is in a room, sorted by id, after an id."""
        users = nsmallest(limit, (user for user in self._rosters.present(place) if user > after))
        return [(user, self._rosters.find(UserKey(place.tenant, user))) for user in users]

    def tell_last_seen(self, presence: Presence) -> str:
        """Return when somebody was last online, as clients read it: now, if the user is."""
        if presence.status is Status.ONLINE:
            return wire_time(self._clock())
        return wire_time(datetime.fromtimestamp(presence.since / 1000, UTC))

    async def run(self) -> None:
        """Tell and listen until cancelled."""
        self._bus.listen(self._hear, self._note_asker)
        self._bus.ask()
        beat_at = self._monotonic()
        while True:
            if self._monotonic() >= beat_at:
                beat_at = self._monotonic() + BEAT
                self._bus.tell(News(self._me, self._version))
            await self._take_turn()
            await asyncio.sleep(PRESENCE_TURN)

    def _hear(self, news: News) -> None:
        now = self._read_clocks()
        if news.gateway == self._me:
            if self._is_deaf(now):
                self._rosters.renew(now)
            self._echoed = now.monotonic
        elif not self._rosters.hear(news, now):
            self._ask(news.gateway, now.monotonic)

    def _note_asker(self, gateway: str) -> None:
        if gateway != self._me:
            self._askers[gateway] = None

    def _is_deaf(self, now: Moment) -> bool:
        return now.monotonic - self._echoed > 2 * BEAT

    def _ask(self, gateway: str, now: float) -> None:
        """Ask a gateway for all, unless that was done a moment ago."""
        self._asked = {name: at for name, at in self._asked.items() if now - at < BEAT}
        if gateway not in self._asked:
            self._asked[gateway] = now
            self._bus.ask(gateway)

    async def _take_turn(self) -> None:
        """Greet who has arrived before anything new is shown; who arrives meanwhile waits for the next turn."""
        shown = 0
        arrived, self._arrived = self._arrived, []
        for onlooker, place in arrived:
            shown = await _pause(shown + self._all.greet(onlooker, place))
        now = self._read_clocks()
        self._tell_gateways(now)
        if not self._is_deaf(now):
            self._rosters.expire(now)
        for change in self._rosters.settle(now):
            shown = await _pause(shown + self._all.show(change))

    def _tell_gateways(self, now: Moment) -> None:
        stirred, self._stirred = self._stirred, {}
        users = {user: after for user in stirred if (after := self._look_at(user, now.wall))}
        if users:
            self._version += 1
            news = News(self._me, self._version, users)
            self._rosters.hear(news, now)
            self._bus.tell(news)
        askers, self._askers = self._askers, {}
        for asker in askers:
            self._bus.tell(News(self._me, self._version, dict(self._rosters.mine), whole=True), asker)

    def _look_at(self, user: UserKey, wall: int) -> Presence | None:
        """Return how a user stands by the sockets here, None if that is what was told before."""
        before, onlookers = self._rosters.mine.get(user, ABSENT), self._by_user.get(user, {})
        statuses = (onlooker.session.status for onlooker in onlookers)
        status = max(statuses, key=lambda status: status.strength, default=Status.OFFLINE)
        rooms = islice((place.room for onlooker in onlookers for place in onlooker.places), MAX_PRESENCE_ROOMS)
        since = before.since if before.rooms and before.status is status else wall
        after = Presence(status, since, frozenset(rooms))
        return None if after.looks_like(before) else after

    def _read_clocks(self) -> Moment:
        return Moment(self._monotonic(), int(self._clock().timestamp() * 1000))


async def _pause(shown: int) -> int:
    """Let others run after much was shown; return how much was since then."""
    if shown < _AT_ONCE:
        return shown
    await asyncio.sleep(0)
    return 0
