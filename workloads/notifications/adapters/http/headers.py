"""Headers of every answer: what browsers may not do with it, and whose pages may read it."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.adapters.http.problems import Handler

# What an answer says of itself stands: pages allow more, and files that everybody may see may be kept
UNLESS_SAID: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Allow-Methods": "DELETE, GET, PATCH, POST, PUT",
    "Access-Control-Max-Age": "600",
}
_SHARED: Final = "/api/"


class Headers:
    """Complete every answer of an application. Pages of `origins` may read what is below `/api/`.

    Tokens travel in a header that pages set themselves, so that no cookies are asked for.
    """

    def __init__(self, origins: Collection[str] = ()) -> None:
        self._origins = frozenset(origins)

    def complete(self, app: web.Application) -> None:
        """Begin with the answers of `app`, errors and websockets included."""
        app.on_response_prepare.append(self._complete)
        if self._origins:
            app.middlewares.insert(0, self._answer_preflight)

    async def _complete(self, request: web.Request, answer: web.StreamResponse) -> None:
        for name, value in UNLESS_SAID.items():
            answer.headers.setdefault(name, value)
        if self._origins and request.path.startswith(_SHARED):
            answer.headers["Vary"] = "Origin"
            if (origin := request.headers.get("Origin")) in self._origins:
                answer.headers["Access-Control-Allow-Origin"] = origin
                answer.headers["Access-Control-Expose-Headers"] = "Retry-After"

    @web.middleware
    async def _answer_preflight(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        is_allowed = request.headers.get("Origin") in self._origins and request.path.startswith(_SHARED)
        if not (is_preflight and is_allowed):
            return await handler(request)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
