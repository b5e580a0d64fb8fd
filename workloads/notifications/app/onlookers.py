"""The sockets that have joined rooms in which members see each other, and what each is shown of the others."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from notifications.app.session import Session
from notifications.domain.limits import PRESENCE_TOLD
from notifications.domain.notification import UserKey
from notifications.domain.presence import Change, Place, Presence, Status
from notifications.domain.rosters import Rosters


@dataclass(slots=True, eq=False)
class Onlooker:
    """A socket and the rooms that it has joined."""

    session: Session
    places: dict[Place, None] = field(default_factory=dict)

    @property
    def owner(self) -> UserKey:
        """Whose socket it is."""
        return self.session.principal.owner

    def show(self, user: str, status: Status, last_seen: str, *, edge: bool) -> int:
        """Show how a user stands, and before that, at an `edge`, who has come or gone. Returns the number of events."""
        cursor = self.session.cursor()
        if edge:
            event = "presence:user:offline" if status is Status.OFFLINE else "presence:user:online"
            self.session.socket.send(event, json.dumps(user, ensure_ascii=False), cursor)
        told = {"userId": user, "status": status, "lastSeenAt": last_seen}
        self.session.socket.send("presence:changed", json.dumps(told, ensure_ascii=False), cursor)
        return 1 + edge


class Onlookers:
    """Shows each socket the users of its rooms, never its own; `tell_last_seen` says when somebody was last online."""

    def __init__(self, rosters: Rosters, tell_last_seen: Callable[[Presence], str]) -> None:
        self._rosters = rosters
        self._tell_last_seen = tell_last_seen
        self._by_place: defaultdict[Place, dict[Onlooker, None]] = defaultdict(dict)

    def greet(self, onlooker: Onlooker, place: Place) -> int:
        """Show a socket whom it did not see before it joined a room. Returns how many events that took."""
        if place not in onlooker.places:
            return 0
        shown = 0
        for name in sorted(self._rosters.present(place)) if self._is_told(place) else ():
            presence = self._rosters.find(UserKey(place.tenant, name))
            if name != onlooker.owner.user and not self._sees(onlooker, presence):
                shown += onlooker.show(name, presence.status, self._tell_last_seen(presence), edge=True)
        self._by_place[place][onlooker] = None
        return shown

    def leave(self, onlooker: Onlooker, place: Place) -> None:
        """Show a socket no more of a room."""
        onlookers = self._by_place[place]
        onlookers.pop(onlooker, None)
        if not onlookers:
            del self._by_place[place]

    def show(self, change: Change) -> int:
        """Show a change to all whom it concerns. Returns how many events that took."""
        user, after, shown = change.user, change.after, 0
        before_it = self._find(user.tenant, change.before.rooms)
        after_it = self._find(user.tenant, after.rooms)
        moved, last_seen = after.status is not change.before.status, self._tell_last_seen(after)
        for onlooker in before_it | after_it:
            edge = onlooker not in before_it or onlooker not in after_it
            if onlooker.owner != user and (edge or moved):
                status = after.status if onlooker in after_it else Status.OFFLINE
                shown += onlooker.show(user.user, status, last_seen, edge=edge)
        return shown

    def _find(self, tenant: str, rooms: Iterable[str]) -> dict[Onlooker, None]:
        places = [place for room in rooms if self._is_told(place := Place(tenant, room))]
        return {onlooker: None for place in places for onlooker in self._by_place.get(place, ())}

    def _sees(self, onlooker: Onlooker, presence: Presence) -> bool:
        return any(
            place.room in presence.rooms and onlooker in self._by_place.get(place, ()) and self._is_told(place)
            for place in onlooker.places
        )

    def _is_told(self, place: Place) -> bool:
        return max(len(self._rosters.present(place)), len(self._by_place.get(place, ()))) <= PRESENCE_TOLD
