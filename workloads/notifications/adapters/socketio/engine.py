"""The Engine.IO server: ids that name their gateway, bounded queues, the checked driver."""

import secrets
from typing import Any

import engineio
from aiohttp import web

from notifications.adapters.socketio.driver import DRIVER
from notifications.adapters.socketio.outbound import OutboundQueue

_MARK = "~"


class GatewayEngine(engineio.AsyncServer):  # type: ignore[misc]
    """python-engineio with four of its extension points taken."""

    def __init__(self, *, gateway: str, **options: Any) -> None:
        super().__init__(**options)
        self._gateway = gateway
        self.origins: tuple[str, ...] = ()
        """Whose pages may connect, besides those of the address that they connect to."""
        self._async = DRIVER

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve a request of a client. A connection that has ended is unknown, which the library only sees in a GET."""
        connection = self.sockets.get(sid := request.query.get("sid"))
        if connection is not None and connection.closed:
            del self.sockets[sid]
        answer: web.StreamResponse = await super().handle_request(request)
        return answer

    def generate_id(self) -> str:
        """Return an unguessable id that says which gateway holds the connection."""
        return f"{self._gateway}{_MARK}{secrets.token_urlsafe(15)}"

    def _cors_allowed_origins(self, environ: dict[str, Any]) -> list[str]:
        return [*super()._cors_allowed_origins(environ), *self.origins]

    def create_queue(self, *_args: object, **_options: object) -> OutboundQueue:
        """Return the outbound queue of a new connection."""
        return OutboundQueue()


def gateway_of(sid: str) -> str:
    """Return the gateway that an id names, or what stands there if it is none of ours."""
    return sid.partition(_MARK)[0]
