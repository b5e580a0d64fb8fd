"""`/api/admin/revocations`: tokens that count no more, for administrators of their tenant."""

from dataclasses import dataclass
from typing import Annotated, Final, TypedDict
from uuid import UUID

import msgspec
from aiohttp import web

from notifications.adapters.http.answers import Done, Time, Uuid
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, Name, decode, one_of
from notifications.adapters.http.operation import LIMIT, Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_after, read_id, read_number
from notifications.app.revocations import Revocations
from notifications.domain import limits
from notifications.domain.errors import Invalid, NotFound
from notifications.domain.notification import wire_time
from notifications.domain.principal import Principal, require_admin
from notifications.domain.revocation import Claim, Revocation, Target
from notifications.domain.text import check_id
from notifications.ports.clock import Clock, MakeId
from notifications.ports.revocation import RevocationStore

ID = Parameter("id", UUID, "The id of a revocation.", "path")
AFTER = Parameter("after", UUID, "The last id of the page before.")


class RevocationBody(Body, frozen=True):
    """`POST /api/admin/revocations`: all tokens that a user has, or one by its id; exactly one of both."""

    sub: Name | None = None
    jti: Name | None = None


class RevocationAnswer(TypedDict):
    """Of a user's tokens those issued until `revokedAt` count no more; `sub` or `jti` is null."""

    id: Uuid
    sub: str | None
    jti: str | None
    revokedAt: Time


class RevocationsAnswer(TypedDict):
    """A page, newest first."""

    revocations: list[RevocationAnswer]
    hasMore: bool


OneBody = Annotated[RevocationBody, one_of(sub="string", jti="string")]
_decoder: Final = msgspec.json.Decoder(RevocationBody)


@dataclass(frozen=True, slots=True)
class RevocationsApi:
    """The routes and what they stand on."""

    verify: Verify
    revocations: Revocations
    store: RevocationStore
    clock: Clock
    make_id: MakeId

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/api/admin/revocations", self.create),
            web.get("/api/admin/revocations", self.list),
            web.delete("/api/admin/revocations/{id}", self.lift),
        ]

    @Operation(Caller.ADMIN, {201: RevocationAnswer}, body=OneBody, links={"revocations.lift": ""})
    async def create(self, request: web.Request) -> web.Response:
        """Revoke a token, or all that a user was given until now, and close their sockets.

        A token that does not say when it was issued counts as issued before. Repeat it for what was issued since.
        """
        tenant = self._admin(request).owner.tenant
        target = read_target(tenant, await request.read())
        at = self.clock()
        holds = await self.revocations.revoke(Revocation(self.make_id(at), target, at))
        return web.json_response(_wire(holds), status=201)

    @Operation(Caller.ADMIN, {200: RevocationsAnswer}, parameters=(AFTER, LIMIT))
    async def list(self, request: web.Request) -> web.Response:
        """Return what is revoked in the caller's tenant, newest first."""
        tenant = self._admin(request).owner.tenant
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        found = await self.store.revocations(tenant, read_after(request), limit + 1)
        page: RevocationsAnswer = {
            "revocations": [_wire(revocation) for revocation in found[:limit]],
            "hasMore": len(found) > limit,
        }
        return web.json_response(page)

    @Operation(Caller.ADMIN, {200: Done}, parameters=(ID,), refusals=(NotFound,))
    async def lift(self, request: web.Request) -> web.Response:
        """Take a revocation back: the tokens that have not expired count again."""
        tenant = self._admin(request).owner.tenant
        await self.revocations.lift(tenant, read_id(request, "there is no such revocation"))
        return web.json_response({"ok": True})

    def _admin(self, request: web.Request) -> Principal:
        principal = authenticate(request, self.verify)
        require_admin(principal)
        return principal


def read_target(tenant: str, raw: bytes) -> Target:
    """Decode and check a body. Raises Invalid or TooLarge, naming the field."""
    body = decode(_decoder, raw)
    given = [(claim, value) for claim, value in ((Claim.SUB, body.sub), (Claim.JTI, body.jti)) if value is not None]
    if len(given) != 1:
        raise Invalid("give exactly one of sub and jti")
    claim, value = given[0]
    return Target(tenant, claim, check_id(value, claim))


def _wire(revocation: Revocation) -> RevocationAnswer:
    target = revocation.target
    return {
        "id": str(revocation.id),
        "sub": target.value if target.claim is Claim.SUB else None,
        "jti": target.value if target.claim is Claim.JTI else None,
        "revokedAt": wire_time(revocation.at),
    }
