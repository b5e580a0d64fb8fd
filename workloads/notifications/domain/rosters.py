"""What all gateways tell of their users, put together: one is there if any gateway says so."""

from collections import defaultdict, deque
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from notifications.domain.limits import LEASE, PRESENCE_GRACE
from notifications.domain.notification import UserKey
from notifications.domain.presence import ABSENT, Change, News, Place, Presence, Status


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by two clocks: monotonic seconds for leases, milliseconds since 1970 for what users read."""

    monotonic: float
    wall: int


@dataclass(slots=True)
class _Roster:
    """What one gateway has told; none has told anything before its version 1."""

    heard: float
    version: int = 0
    users: dict[UserKey, Presence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Lingering:
    """What a user has left and still counts, until somebody who only moves has had the time to come back."""

    presence: Presence
    until: float
    left: int


class Rosters:
    """The table of one gateway, `me`. What changes in it is shown by `settle`, and only then.

    Whoever leaves a room, or is gone, is shown for PRESENCE_GRACE more; those of a gateway that fell silent for LEASE
    are not.
    """

    def __init__(self, me: str) -> None:
        self._me = me
        self._rosters = {me: _Roster(0.0)}
        self._lingering: dict[UserKey, _Lingering] = {}
        self._due: deque[tuple[float, UserKey]] = deque()
        self._touched: dict[UserKey, int] = {}
        self._shown: dict[UserKey, Presence] = {}
        self._by_place: defaultdict[Place, set[str]] = defaultdict(set)

    @property
    def mine(self) -> Mapping[UserKey, Presence]:
        """What this gateway has told of its own users."""
        return self._rosters[self._me].users

    def present(self, place: Place) -> Set[str]:
        """Return which users are shown in a room."""
        return self._by_place.get(place, frozenset())

    def find(self, user: UserKey) -> Presence:
        """Return how a user is shown."""
        return self._shown.get(user, ABSENT)

    def hear(self, news: News, now: Moment) -> bool:
        """Take what a gateway tells. Returns False when something before it is missing, so all has to be asked for."""
        roster = self._rosters.setdefault(news.gateway, _Roster(now.monotonic))
        roster.heard = now.monotonic
        if news.version == roster.version:
            return True
        if news.whole:
            for user in roster.users.keys() - news.users.keys():
                self._put(roster, user, Presence(Status.OFFLINE, now.wall), now)
        elif news.version != roster.version + 1 or not news.users:
            return False
        roster.version = news.version
        for user, presence in news.users.items():
            self._put(roster, user, presence, now)
        return True

    def renew(self, now: Moment) -> None:
        """Take every gateway for heard: we could not hear any."""
        for roster in self._rosters.values():
            roster.heard = now.monotonic

    def expire(self, now: Moment) -> None:
        """Forget the gateways that were silent for a lease."""
        for name, roster in tuple(self._rosters.items()):
            if name != self._me and now.monotonic - roster.heard >= LEASE:
                del self._rosters[name]
                self._touched.update(dict.fromkeys(roster.users, now.wall - int(LEASE * 1000)))

    def settle(self, now: Moment) -> list[Change]:
        """Show what has changed, and return it, each user once."""
        while self._due and self._due[0][0] <= now.monotonic:
            _, user = self._due.popleft()
            if (lingering := self._lingering.get(user)) and lingering.until <= now.monotonic:
                self._touched[user] = self._lingering.pop(user).left
        changes = []
        touched, self._touched = self._touched, {}
        for user, left in touched.items():
            before, after = self.find(user), self._merge(user, left)
            if not after.looks_like(before):
                self._show(user, before, after)
                changes.append(Change(user, before, after))
        return changes

    def _put(self, roster: _Roster, user: UserKey, after: Presence, now: Moment) -> None:
        before = roster.users.pop(user, ABSENT)
        if after.rooms:
            roster.users[user] = after
        if before.is_visible and (lost := before.rooms - after.rooms):
            self._linger(user, replace(before, rooms=lost), now)
        self._touched[user] = after.since

    def _linger(self, user: UserKey, lost: Presence, now: Moment) -> None:
        if earlier := self._lingering.get(user):
            lost = replace(lost, rooms=lost.rooms | earlier.presence.rooms)
        until = now.monotonic + PRESENCE_GRACE
        self._lingering[user] = _Lingering(lost, until, now.wall)
        self._due.append((until, user))

    def _merge(self, user: UserKey, left: int) -> Presence:
        """Return the strongest of what is told of a user, in all rooms."""
        told = [presence for roster in self._rosters.values() if (presence := roster.users.get(user))]
        visible = [presence for presence in told if presence.is_visible]
        lingering = self._lingering.get(user)
        if not visible:
            since = max([left, *(presence.since for presence in told)])
            return lingering.presence if lingering else Presence(Status.OFFLINE, since)
        best = max(visible, key=lambda presence: (presence.status.strength, presence.since))
        if len(visible) == 1 and lingering is None:
            return best
        extra = lingering.presence.rooms if lingering else frozenset[str]()
        return replace(best, rooms=extra.union(*(presence.rooms for presence in visible)))

    def _show(self, user: UserKey, before: Presence, after: Presence) -> None:
        if after.is_visible:
            self._shown[user] = after
        else:
            self._shown.pop(user, None)
        for room in before.rooms - after.rooms:
            place = Place(user.tenant, room)
            self._by_place[place].discard(user.user)
            if not self._by_place[place]:
                del self._by_place[place]
        for room in after.rooms - before.rooms:
            self._by_place[Place(user.tenant, room)].add(user.user)
