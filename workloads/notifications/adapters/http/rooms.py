"""`/api/rooms`: who is in a room, for producers of the tenant; whether somebody hears of it, for that user alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypedDict
from uuid import UUID

from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Done, Time, Uuid
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.operation import LIMIT, Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_id, read_number
from notifications.domain import limits
from notifications.domain.errors import NotFound
from notifications.domain.notification import wire_time
from notifications.domain.principal import require_producer
from notifications.domain.rooms import Member, RoomState, Seat, check_room
from notifications.domain.text import check_id
from notifications.ports.rooms import RoomRequestStore, RoomStore

_Name = Annotated[str, Meta(min_length=1, max_length=limits.MAX_NAME)]
ROOM: Final = Parameter("room", _Name, "The name of a room, such as `group:7`.", "path")
USER: Final = Parameter("user", _Name, "The id of a user.", "path")
AFTER: Final = Parameter("after", _Name, "The last id of the page before.")
REQUEST_ID: Final = Parameter("id", UUID, "The id that a request was answered with.", "path")


class MemberAnswer(TypedDict):
    """Somebody in a room."""

    userId: str
    joinedAt: Time


class MembersAnswer(TypedDict):
    """A page, sorted by id."""

    members: list[MemberAnswer]
    hasMore: bool


class RoomRequestAnswer(TypedDict):
    """How far a request is: `members` counts those that it has reached.

    Truncated: the room had more members than one request reaches; the rest got none.
    """

    id: Uuid
    room: str
    state: RoomState
    members: int


@dataclass(frozen=True, slots=True)
class RoomsApi:
    """The routes and what they stand on. What is so already is answered as if it had been done now.

    `on_leave` is told of each seat that was given up.
    """

    verify: Verify
    rooms: RoomStore
    requests: RoomRequestStore
    on_leave: Callable[[Seat], None]

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/rooms/{room}/members", self.list),
            web.put("/api/rooms/{room}/members/{user}", self.join),
            web.delete("/api/rooms/{room}/members/{user}", self.leave),
            web.put("/api/rooms/{room}/mute", self.mute),
            web.delete("/api/rooms/{room}/mute", self.unmute),
            web.get("/api/rooms/{room}/requests/{id}", self.show_request),
        ]

    @Operation(Caller.PRODUCER, {200: MembersAnswer}, parameters=(ROOM, AFTER, LIMIT))
    async def list(self, request: web.Request) -> web.Response:
        """Return members of a room."""
        tenant, room = self._tenant(request), _room(request)
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        after = check_id(request.query["after"], "after") if "after" in request.query else ""
        found = await self.rooms.members(tenant, room, after, limit + 1)
        return web.json_response(
            {"members": [_wire(member) for member in found[:limit]], "hasMore": len(found) > limit}
        )

    @Operation(Caller.PRODUCER, {200: Done}, parameters=(ROOM, USER))
    async def join(self, request: web.Request) -> web.Response:
        """Make a user a member of a room: what is sent to the room from now on reaches the user.

        A room that is full takes nobody: a conversation (dm) has 10 members at most, a group 1,000, a post 10,000.
        """
        tenant, room = self._tenant(request), _room(request)
        await self.rooms.join(tenant, room, _user(request))
        return web.json_response({"ok": True})

    @Operation(Caller.PRODUCER, {200: Done}, parameters=(ROOM, USER))
    async def leave(self, request: web.Request) -> web.Response:
        """End a membership. What the user got through the room stays."""
        seat = Seat(self._tenant(request), _room(request), _user(request))
        await self.rooms.leave(seat.tenant, seat.room, seat.user)
        self.on_leave(seat)
        return web.json_response({"ok": True})

    @Operation(Caller.USER, {200: Done}, parameters=(ROOM,))
    async def mute(self, request: web.Request) -> web.Response:
        """Keep what is sent to a room from the caller, but for what nobody may miss."""
        owner = authenticate(request, self.verify).owner
        await self.rooms.mute(owner, _room(request))
        return web.json_response({"ok": True})

    @Operation(Caller.USER, {200: Done}, parameters=(ROOM,))
    async def unmute(self, request: web.Request) -> web.Response:
        """Let what is sent to a room reach the caller again."""
        owner = authenticate(request, self.verify).owner
        await self.rooms.unmute(owner, _room(request))
        return web.json_response({"ok": True})

    @Operation(Caller.PRODUCER, {200: RoomRequestAnswer}, parameters=(ROOM, REQUEST_ID), refusals=(NotFound,))
    async def show_request(self, request: web.Request) -> web.Response:
        """Return how far a request to a room is."""
        tenant, room = self._tenant(request), _room(request)
        found = await self.requests.find(tenant, room, read_id(request, "there is no such request to this room"))
        answer: RoomRequestAnswer = {
            "id": str(found.id),
            "room": found.room,
            "state": found.state,
            "members": found.members,
        }
        return web.json_response(answer)

    def _tenant(self, request: web.Request) -> str:
        principal = authenticate(request, self.verify)
        require_producer(principal)
        return principal.owner.tenant


def _wire(member: Member) -> MemberAnswer:
    return {"userId": member.user, "joinedAt": wire_time(member.joined_at)}


def _room(request: web.Request) -> str:
    return check_room(request.match_info["room"], "room")


def _user(request: web.Request) -> str:
    return check_id(request.match_info["user"], "user")
