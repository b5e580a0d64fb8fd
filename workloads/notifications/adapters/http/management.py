"""The management port: health, readiness, metrics and load, apart from the port that clients reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from notifications.adapters.http.headers import Headers
from notifications.adapters.http.problems import report_problems

Load = Callable[[], Awaitable[dict[str, Any]]]
"""Returns the figures that the operator scales on. Raises Unavailable when they cannot be had."""


@dataclass(slots=True)
class Readiness:
    """False while starting and draining, never for an outage of a dependency: a restart would not end that."""

    ready: bool = False


@dataclass(frozen=True, slots=True)
class Management:
    """What the routes show."""

    readiness: Readiness
    metrics: Callable[[], bytes]
    load: Load

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[report_problems])
        Headers().complete(app)
        app.add_routes([
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
            web.get("/load", self._load),
        ])  # fmt: skip
        return app

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        ready = self.readiness.ready
        return web.Response(status=200 if ready else 503, text="ready\n" if ready else "not ready\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=self.metrics(), headers=headers)

    async def _load(self, _: web.Request) -> web.Response:
        return web.json_response(await self.load())
