"""`/api/rooms/{room}/presence`: who has joined a room just now, for who may join it."""

from dataclasses import dataclass
from typing import Final, TypedDict

from aiohttp import web

from notifications.adapters.http.answers import Time
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.operation import LIMIT, Caller, Operation
from notifications.adapters.http.parameters import read_number
from notifications.adapters.http.rooms import AFTER, ROOM
from notifications.app.access import Access
from notifications.app.attendance import Attendance
from notifications.domain import limits
from notifications.domain.access import Action
from notifications.domain.errors import Forbidden, Invalid
from notifications.domain.presence import KINDS, Place, Status, find_place
from notifications.domain.principal import Principal
from notifications.domain.text import check_id
from notifications.domain.topics import room_topic

_KINDS: Final = " and ".join(sorted(KINDS))


class PresentAnswer(TypedDict):
    """Somebody who is connected and has joined the room. `lastSeenAt` is now for who is online."""

    userId: str
    status: Status
    lastSeenAt: Time


class PresenceAnswer(TypedDict):
    """A page, sorted by id."""

    users: list[PresentAnswer]
    hasMore: bool


@dataclass(frozen=True, slots=True)
class PresenceApi:
    """The route and what it stands on."""

    verify: Verify
    access: Access
    attendance: Attendance

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get("/api/rooms/{room}/presence", self.list)]

    @Operation(Caller.USER, {200: PresenceAnswer}, parameters=(ROOM, AFTER, LIMIT), refusals=(Forbidden,))
    async def list(self, request: web.Request) -> web.Response:
        """Return who is connected at any gateway and has joined a room of the kinds dm and group."""
        place = await self._find_place(authenticate(request, self.verify), request.match_info["room"])
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        after = check_id(request.query["after"], "after") if "after" in request.query else ""
        found = self.attendance.list_present(place, after, limit + 1)
        users: list[PresentAnswer] = [
            {"userId": user, "status": presence.status, "lastSeenAt": self.attendance.tell_last_seen(presence)}
            for user, presence in found[:limit]
        ]
        answer: PresenceAnswer = {"users": users, "hasMore": len(found) > limit}
        return web.json_response(answer)

    async def _find_place(self, principal: Principal, room: str) -> Place:
        """Return where members of a room see each other, if the caller may join it."""
        topic = room_topic(principal.owner.tenant, room)
        if (place := find_place(topic)) is None:
            raise Invalid(f"members see each other in rooms of the kinds {_KINDS} only, such as group:7")
        await self.access.check(principal, topic, Action.JOIN)
        return place
