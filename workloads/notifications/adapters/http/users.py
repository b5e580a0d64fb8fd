"""`/api/users`: how users are reached who are not connected, as producers of their tenant tell."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Done
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, Endpoint, decode
from notifications.adapters.http.operation import Caller, Operation, Parameter
from notifications.domain.contact import LOCALE, Contact
from notifications.domain.errors import Forbidden, NotFound
from notifications.domain.limits import MAX_NAME
from notifications.domain.notification import UserKey
from notifications.domain.principal import WRITE, require_producer
from notifications.domain.text import check_id
from notifications.ports.contact import ContactStore

USER: Final = Parameter("user", Annotated[str, Meta(min_length=1, max_length=MAX_NAME)], "The id of a user.", "path")
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


class CardBody(Body, frozen=True):
    """A contact card. `locale` is a language tag, `webhook` an https address; what is left out is not known."""

    email: Annotated[str, Meta(extra_json_schema={"format": "email"})] | None = None
    name: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_NAME, "pattern": _ONE_LINE})] | None = None
    locale: Annotated[str, Meta(extra_json_schema={"pattern": f"^{LOCALE.pattern}$"})] | None = None
    webhook: Endpoint | None = None


class CardAnswer(TypedDict):
    """A contact card; null stands where nothing is known."""

    email: str | None
    name: str | None
    locale: str | None
    webhook: str | None


_decoder: Final = msgspec.json.Decoder(CardBody)


@dataclass(frozen=True, slots=True)
class UsersApi:
    """The routes and what they stand on."""

    verify: Verify
    store: ContactStore

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/users/{user}", self.show),
            web.put("/api/users/{user}", self.put),
            web.delete("/api/users/{user}", self.forget),
        ]

    @Operation(Caller.USER, {200: CardAnswer}, parameters=(USER,), refusals=(Forbidden, NotFound))
    async def show(self, request: web.Request) -> web.Response:
        """Return a user's contact card: to the user, and to producers of the tenant."""
        principal = authenticate(request, self.verify)
        owner = _owner(request, principal.owner.tenant)
        if owner != principal.owner and WRITE not in principal.scopes:
            raise Forbidden("the contact card of somebody else is for producers")
        card = await self.store.card(owner)
        if card is None:
            raise NotFound("the user has no contact card")
        return web.json_response(asdict(card))

    @Operation(Caller.PRODUCER, {200: CardAnswer}, body=CardBody, parameters=(USER,))
    async def put(self, request: web.Request) -> web.Response:
        """Put a contact card in the place of the one before."""
        owner = self._told(request)
        card = read_card(await request.read())
        await self.store.set_card(owner, card)
        return web.json_response(asdict(card))

    @Operation(Caller.PRODUCER, {200: Done}, parameters=(USER,))
    async def forget(self, request: web.Request) -> web.Response:
        """Forget how a user is reached: the contact card and all devices."""
        await self.store.forget(self._told(request))
        return web.json_response({"ok": True})

    def _told(self, request: web.Request) -> UserKey:
        """Return of whom a producer tells."""
        principal = authenticate(request, self.verify)
        require_producer(principal)
        return _owner(request, principal.owner.tenant)


def read_card(raw: bytes) -> Contact:
    """Decode and check a body. Raises Invalid or TooLarge, naming the field and telling no address."""
    body = decode(_decoder, raw)
    return Contact(body.email, body.name, body.locale, body.webhook)


def _owner(request: web.Request, tenant: str) -> UserKey:
    return UserKey(tenant, check_id(request.match_info["user"], "user"))
