"""Listening sockets."""

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web
from aiohttp.web import AbstractRouteDef, Application

from notifications.domain.limits import IDLE_TIMEOUT

__all__ = ["AbstractRouteDef", "Api", "Application", "Listener"]


class Api(Protocol):
    """A part of what is served."""

    def routes(self) -> Sequence[AbstractRouteDef]:
        """Return its routes."""
        ...


class Listener:
    """One address that an application is served on."""

    def __init__(self, app: web.Application) -> None:
        # Also the only bound that aiohttp has for a head that never ends
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_TIMEOUT, shutdown_timeout=2.0)
        self._site: web.TCPSite | None = None

    async def open(self, host: str, port: int, *, reuse_port: bool = False) -> None:
        """Accept connections. Raises OSError for an address that is taken."""
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, host, port, reuse_port=reuse_port or None, backlog=1024)
        await self._site.start()

    async def stop(self) -> None:
        """Accept no more connections; those that exist live on. Harmless to repeat."""
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def close(self) -> None:
        """Stop, and end what is left."""
        await self.stop()
        await self._runner.cleanup()
