"""What the OpenAPI document says of a route, declared on its handler.

    @Operation(Caller.PRODUCER, {201: AcceptedAnswer}, body=NotificationBody, refusals=(KeyReused,))
    async def create(self, request: web.Request) -> web.Response:
        \"""Accept a notification; 201 means that it is committed.\"""

The first paragraph of the docstring is the operation's summary, the rest its description. A route below `/api/` whose
handler declares nothing is a failure of tests/integration/openapi.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from aiohttp import web
from msgspec import Meta

from notifications.domain import limits
from notifications.domain.errors import NotificationsError
from notifications.domain.principal import ADMIN, WRITE

_H = TypeVar("_H", bound=Callable[..., Any])


class Caller(Enum):
    """Who may send a request; `ANYBODY` needs no token."""

    ANYBODY = "anybody"
    USER = "user"
    PRODUCER = "producer"
    ADMIN = "admin"

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the scope or role that the token must have, beside being one."""
        return {Caller.PRODUCER: (WRITE,), Caller.ADMIN: (ADMIN,)}.get(self, ())


@dataclass(frozen=True, slots=True)
class Media:
    """A body or an answer that is no JSON."""

    type: str


HTML = Media("text/html")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path, a field of the query or a header. `type` is what a msgspec Decoder would take."""

    name: str
    type: Any
    description: str
    place: Literal["path", "query", "header"] = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """A declaration; called with a handler, it is its decorator.

    `answers` has, by status, the type of what is answered when all is well: JSON, a Media, None for no body, or a tuple
    of alternatives. `refusals` are the errors that this operation raises beside those that every one may: what follows
    from `caller` need not be named. `body` is the type that decodes the body. `links` says where an answer holds what
    another operation takes in its path: by the id of that operation, which is its handler's module and name, a JSON
    pointer to the object whose members have the names of its parameters.
    """

    caller: Caller
    answers: Mapping[int, Any]
    body: Any = None
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[type[NotificationsError], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, handler: _H) -> _H:
        """Declare this of a handler."""
        vars(handler)["operation"] = self
        return handler


def operation_of(route: web.AbstractRouteDef) -> Operation | None:
    """Return what the handler of a route declares."""
    return getattr(getattr(route, "handler", None), "operation", None)


ID = Parameter("id", UUID, "The id of a notification.", "path")
LIMIT = Parameter(
    "limit", Annotated[int, Meta(ge=1, le=limits.PAGE_LIMIT_MAX)], f"{limits.PAGE_LIMIT_DEFAULT} unless it is given."
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    Annotated[str, Meta(min_length=1, max_length=limits.MAX_IDEMPOTENCY_KEY)],
    f"Kept for {limits.IDEMPOTENCY_KEPT // 3600} h: a request that comes again with it is answered as the first was.",
    "header",
)
