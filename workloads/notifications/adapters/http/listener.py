"""Listening sockets."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from notifications.adapters.http.front import Front, Shortcuts
from notifications.adapters.http.problems import problem
from notifications.domain.limits import IDLE_TIMEOUT

__all__ = ["AbstractRouteDef", "Api", "Listener"]

_GRACE = 2.0


class Api(Protocol):
    """A part of what is served."""

    def routes(self) -> Sequence[AbstractRouteDef]:
        """Return its routes."""
        ...


class Listener:
    """One address that an application is served on, but for what `shortcuts` serve or take."""

    def __init__(self, app: web.Application, shortcuts: Shortcuts | None = None) -> None:
        self._shortcuts = shortcuts
        self._fronts: set[Front] = set()
        self._runner = web.AppRunner(app, shutdown_timeout=_GRACE)
        # Also the only bound that aiohttp has for a head that never ends
        self._options: dict[str, Any] = {"access_log": None, "keepalive_timeout": IDLE_TIMEOUT}
        self._listening: asyncio.Server | None = None

    async def open(self, host: str, port: int, *, reuse_port: bool = False) -> None:
        """Accept connections. Raises OSError for an address that is taken."""
        await self._runner.setup()
        self._listening = await asyncio.get_running_loop().create_server(
            self._meet, host, port, reuse_port=reuse_port or None, backlog=1024
        )

    def _meet(self) -> asyncio.Protocol:
        if self._shortcuts is None:
            return self._connect()
        return Front(self._shortcuts, self._connect, self._fronts)

    def _connect(self) -> "_Connection":
        assert self._runner.server is not None  # noqa: S101 - it is set up
        return _Connection(self._runner.server, loop=asyncio.get_running_loop(), **self._options)

    async def stop(self) -> None:
        """Accept no more connections; those that exist live on. Harmless to repeat."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    async def close(self) -> None:
        """Stop, and end what is left."""
        await self.stop()
        await self._close_fronts()
        await self._runner.cleanup()

    async def _close_fronts(self) -> None:
        if serving := [front.serving for front in self._fronts if front.serving]:
            await asyncio.wait(serving, timeout=_GRACE)
        for front in tuple(self._fronts):
            front.close()


class _Connection(web.RequestHandler):
    """Tells of a head that is no HTTP as of all that fails; the library would repeat the head, tokens included."""

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Return the answer, after which the connection is closed. Raises ConnectionError if one was begun."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun")
        is_theirs = status < HTTPStatus.INTERNAL_SERVER_ERROR
        told = "this is no HTTP, or its head is too large" if is_theirs else "the server failed to do this"
        answer = problem(HTTPStatus(status), "INVALID" if is_theirs else "UNAVAILABLE", told)
        answer.force_close()
        return answer
