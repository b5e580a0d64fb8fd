"""The application on the public port."""

from collections.abc import Callable, Sequence

from aiohttp import web

from notifications.adapters.http.problems import Handler, report_problems
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_BODY

SOCKET_PATH = "/socket.io/"


def build_application(
    routes: Sequence[web.AbstractRouteDef], sockets: Handler, may_open: Callable[[], bool]
) -> web.Application:
    """Put REST and sockets together. New connections are refused with 503 while `may_open` says no.

    A refusal before the handshake is one that a stock client tries again after; a CONNECT_ERROR is not.
    """

    async def serve_sockets(request: web.Request) -> web.StreamResponse:
        if "sid" not in request.query and not may_open():
            raise Unavailable("this gateway takes no more connections")
        return await sockets(request)

    app = web.Application(middlewares=[report_problems], client_max_size=MAX_BODY)
    app.add_routes(routes)
    app.router.add_route("*", SOCKET_PATH, serve_sockets)
    return app
