"""Who sends a request."""

from collections.abc import Callable

from aiohttp import web

from notifications.domain.errors import Unauthenticated
from notifications.domain.principal import Principal

Verify = Callable[[object], Principal]
"""Returns the claims of a token, or raises Unauthenticated."""


def authenticate(request: web.Request, verify: Verify) -> Principal:
    """Return who sends a request. Raises Unauthenticated."""
    return identify(request.headers.get("Authorization", ""), verify)


def identify(authorization: str, verify: Verify) -> Principal:
    """Return whom the header of this name stands for. Raises Unauthenticated."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("send Authorization: Bearer TOKEN")
    return verify(token.strip())
