"""`/api/broadcasts`: events for sockets that are there now."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, Name, decode, one_of
from notifications.adapters.http.operation import Caller, Operation
from notifications.app.emitter import Emitter
from notifications.app.quotas import Quotas
from notifications.domain.emit import Audience, Emit, Scope, check_event
from notifications.domain.errors import Forbidden, Invalid, NotFound, RateLimited, TooLarge
from notifications.domain.limits import MAX_EMIT
from notifications.domain.principal import Principal, require_admin, require_producer
from notifications.domain.quota import Deed
from notifications.domain.rooms import check_room
from notifications.domain.text import check_document, check_id

_EVENT: Final = {"minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_.:-]+$"}


class AudienceBody(Body, frozen=True):
    """Whose sockets: a user's, those in a room, those at a gateway, where `local` is the one that is asked, or all."""

    user: Name | None = None
    room: Name | None = None
    server: Name | None = None
    all: Literal[True] | None = None


class BroadcastBody(Body, frozen=True):
    """`POST /api/broadcasts`."""

    event: Annotated[str, Meta(extra_json_schema=_EVENT)]
    payload: dict[str, Any]
    to: Annotated[AudienceBody, one_of(user="string", room="string", server="string", all="boolean")]


class BroadcastAnswer(TypedDict):
    """What gateways have said within 5 s: how many did, and to how many sockets they wrote it.

    They left out `skipped` sockets: those that read too slowly, and those beyond 10,000 of one gateway. `missing` are
    gateways that did not say; they may have written it all the same.
    """

    gateways: int
    delivered: int
    skipped: int
    missing: list[str]


_body: Final = msgspec.json.Decoder(BroadcastBody)


@dataclass(frozen=True, slots=True)
class BroadcastsApi:
    """The route and what it stands on."""

    verify: Verify
    quotas: Quotas
    emitter: Emitter

    def routes(self) -> list[web.RouteDef]:
        """Return the route."""
        return [web.post("/api/broadcasts", self.create)]

    @Operation(Caller.USER, {200: BroadcastAnswer}, body=BroadcastBody, refusals=(Forbidden, NotFound, RateLimited))
    async def create(self, request: web.Request) -> web.Response:
        """Send an event to sockets that are connected now, each at most once; nothing is stored.

        To a user or a room as who may send notifications, to a gateway or all as an administrator of the tenant.
        """
        principal = authenticate(request, self.verify)
        body = decode(_body, await request.read())
        emit = _read_emit(principal, body)
        await self.quotas.spend(principal.owner, Deed.BROADCAST)
        heard = await self.emitter.emit(emit)
        answer: BroadcastAnswer = {
            "gateways": len(heard.echoes),
            "delivered": sum(echo.delivered for echo in heard.echoes),
            "skipped": sum(echo.skipped for echo in heard.echoes),
            "missing": list(heard.missing),
        }
        return web.json_response(answer)


def _read_emit(principal: Principal, body: BroadcastBody) -> Emit:
    audience = _read_audience(principal.owner.tenant, body.to)
    (require_producer if audience.scope in (Scope.USER, Scope.ROOM) else require_admin)(principal)
    check_document(body.payload, "payload")
    payload = msgspec.json.encode(body.payload)
    if len(payload) > MAX_EMIT:
        raise TooLarge(f"payload is larger than {MAX_EMIT} bytes")
    return Emit(audience, check_event(body.event), payload.decode())


def _read_audience(tenant: str, body: AudienceBody) -> Audience:
    match body:
        case AudienceBody(user=str(user), room=None, server=None, all=None):
            return Audience(tenant, Scope.USER, check_id(user, "to.user"))
        case AudienceBody(user=None, room=str(room), server=None, all=None):
            return Audience(tenant, Scope.ROOM, check_room(room, "to.room"))
        case AudienceBody(user=None, room=None, server=str(server), all=None):
            return Audience(tenant, Scope.SERVER, check_id(server, "to.server"))
        case AudienceBody(user=None, room=None, server=None, all=True):
            return Audience(tenant, Scope.ALL)
    raise Invalid("to names exactly one of user, room, server and all")
