"""The reference of REST: `/api/openapi.json` for programs, `/api/docs` for people. Neither asks for a token."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from notifications.adapters.http.openapi import describe_api
from notifications.adapters.http.openapi_page import render_page
from notifications.adapters.http.operation import HTML, Caller, Media, Operation

_STYLE: Final = Path(__file__).parent / "docs" / "docs.css"
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


class Reference:
    """What the handlers of `routes` declare, and of its own."""

    def __init__(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        document = describe_api([*routes, *self.routes()], version("notification-workloads"))
        self._document = json.dumps(document, ensure_ascii=False)
        self._page = render_page(document, "docs/docs.css")

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/openapi.json", self.document),
            web.get("/api/docs", self.page),
            web.get("/api/docs/docs.css", self.style),
        ]

    @Operation(Caller.ANYBODY, {200: dict[str, Any]})
    async def document(self, _: web.Request) -> web.Response:
        """Return this document."""
        return web.Response(text=self._document, content_type="application/json", headers=_HEADERS)

    @Operation(Caller.ANYBODY, {200: HTML})
    async def page(self, _: web.Request) -> web.Response:
        """Return this document as a page for people."""
        return web.Response(text=self._page, content_type=HTML.type, headers=_HEADERS)

    @Operation(Caller.ANYBODY, {200: Media("text/css")})
    async def style(self, _: web.Request) -> web.FileResponse:
        """Return the style of that page."""
        return web.FileResponse(_STYLE, headers=_HEADERS)
