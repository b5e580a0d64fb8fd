"""`/api/admin/dead-letters`: jobs that were given up, for administrators of their tenant."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, TypedDict, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Done, Time, Uuid
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, decode
from notifications.adapters.http.operation import LIMIT, Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_number
from notifications.domain import limits
from notifications.domain.dead_letter import DeadLetter, LetterKey, Place, Retry
from notifications.domain.errors import Invalid, NotFound
from notifications.domain.jobs import Channel
from notifications.domain.notification import wire_time
from notifications.domain.principal import require_admin
from notifications.ports.dead_letter import DeadLetterStore

_T = TypeVar("_T")

ID: Final = Parameter("id", UUID, "The id of a notification or digest.", "path")
CHANNEL: Final = Parameter("channel", Channel, "The channel that it did not get through.", "path")
OF_CHANNEL: Final = Parameter("channel", Channel, "Leave out the other channels.")
AFTER: Final = Parameter("after", str, "The cursor of the page before.")


class LetterBody(Body, frozen=True):
    """Which notification or digest did not get through which channel."""

    id: UUID
    channel: Channel


class RetryBody(Body, frozen=True):
    """Dead letters as they were listed, by `id` and `channel`."""

    dead_letters: Annotated[list[LetterBody], Meta(min_length=1, max_length=limits.PAGE_LIMIT_MAX)]


class FailureAnswer(TypedDict):
    """One attempt that failed."""

    at: Time
    reason: str


class DeadLetterAnswer(TypedDict):
    """`type` is null for a digest, and for a notification that is gone; `history` begins with the first attempt."""

    id: Uuid
    channel: Channel
    recipientId: str
    type: str | None
    reason: str | None
    attempts: int
    history: list[FailureAnswer]
    diedAt: Time


class DeadLettersAnswer(TypedDict):
    """A page, the last that died first. `cursor` stands behind it; null when it is empty."""

    deadLetters: list[DeadLetterAnswer]
    hasMore: bool
    cursor: str | None


class RetriedAnswer(TypedDict):
    """What has expired, was cancelled or is gone stays a dead letter; unknown is what is none."""

    id: Uuid
    channel: Channel
    result: Retry


class RetriesAnswer(TypedDict):
    """A result for each, in their order."""

    results: list[RetriedAnswer]


_decoder: Final = msgspec.json.Decoder(RetryBody)


@dataclass(frozen=True, slots=True)
class DeadLettersApi:
    """The routes and what they stand on."""

    verify: Verify
    store: DeadLetterStore

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/admin/dead-letters", self.list),
            web.post("/api/admin/dead-letters/retry", self.retry),
            web.delete("/api/admin/dead-letters/{id}/{channel}", self.discard),
        ]

    @Operation(
        Caller.ADMIN,
        {200: DeadLettersAnswer},
        parameters=(OF_CHANNEL, AFTER, LIMIT),
        links={"dead_letters.discard": "/deadLetters/0"},
    )
    async def list(self, request: web.Request) -> web.Response:
        """Return dead letters of the caller's tenant, the last that died first."""
        tenant = self._tenant(request)
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        channel, before = _read(request, "channel", _channel), _read(request, "after", _place)
        found = await self.store.letters(tenant, channel, before, limit + 1)
        shown = found[:limit]
        return web.json_response({
            "deadLetters": [_wire(letter) for letter in shown],
            "hasMore": len(found) > limit,
            "cursor": _cursor(shown[-1].place) if shown else None,
        })  # fmt: skip

    @Operation(Caller.ADMIN, {200: RetriesAnswer}, body=RetryBody)
    async def retry(self, request: web.Request) -> web.Response:
        """Queue dead letters again, with all attempts before them."""
        tenant = self._tenant(request)
        keys = [LetterKey(letter.id, letter.channel) for letter in decode(_decoder, await request.read()).dead_letters]
        results = await self.store.retry(tenant, keys)
        return web.json_response({"results": [_result(key, results[key]) for key in keys]})

    @Operation(Caller.ADMIN, {200: Done}, parameters=(ID, CHANNEL), refusals=(NotFound,))
    async def discard(self, request: web.Request) -> web.Response:
        """Delete a dead letter: nothing of it is tried again."""
        tenant = self._tenant(request)
        if not await self.store.discard(tenant, [_key(request)]):
            raise NotFound("there is no such dead letter")
        return web.json_response({"ok": True})

    def _tenant(self, request: web.Request) -> str:
        principal = authenticate(request, self.verify)
        require_admin(principal)
        return principal.owner.tenant


def _key(request: web.Request) -> LetterKey:
    try:
        return LetterKey(UUID(request.match_info["id"]), Channel(request.match_info["channel"]))
    except ValueError as error:
        raise NotFound("there is no such dead letter") from error


def _read(request: web.Request, name: str, parse: Callable[[str], _T]) -> _T | None:
    text = request.query.get(name)
    return None if text is None else parse(text)


def _channel(text: str) -> Channel:
    try:
        return Channel(text)
    except ValueError as error:
        raise Invalid(f"channel must be one of {', '.join(Channel)}") from error


def _cursor(place: Place) -> str:
    written = f"{place.died_at.isoformat()} {place.key.id} {place.key.channel}"
    return urlsafe_b64encode(written.encode()).rstrip(b"=").decode()


def _place(cursor: str) -> Place:
    try:
        written, id, channel = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        at = datetime.fromisoformat(written)
        place = Place(at, LetterKey(UUID(id), Channel(channel)))
    except ValueError as error:
        raise Invalid("after must be the cursor of the page before") from error
    if at.utcoffset() != timedelta(0):
        raise Invalid("after must be the cursor of the page before")
    return place


def _result(key: LetterKey, result: Retry) -> RetriedAnswer:
    return {"id": str(key.id), "channel": key.channel, "result": result}


def _wire(letter: DeadLetter) -> DeadLetterAnswer:
    return {
        "id": str(letter.key.id),
        "channel": letter.key.channel,
        "recipientId": letter.owner.user,
        "type": letter.type,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "history": [{"at": wire_time(failure.at), "reason": failure.reason} for failure in letter.history],
        "diedAt": wire_time(letter.died_at),
    }
