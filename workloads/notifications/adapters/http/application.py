"""The application on the public port."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from aiohttp import web

from notifications.adapters.http.headers import Headers
from notifications.adapters.http.problems import Handler, report_problems
from notifications.domain.errors import Invalid, TooLarge, Unavailable
from notifications.domain.limits import BODY_TIMEOUT, MAX_BODY

SOCKET_PATH = "/socket.io/"


def build_application(
    routes: Sequence[web.AbstractRouteDef],
    sockets: Handler,
    may_open: Callable[[], bool],
    origins: Collection[str] = (),
) -> web.Application:
    """Put REST and sockets together. New connections are refused with 503 while `may_open` says no.

    Pages of `origins` may call REST.

    A refusal before the handshake is one that a stock client tries again after; a CONNECT_ERROR is not.
    """

    async def serve_sockets(request: web.Request) -> web.StreamResponse:
        if not request.query.get("sid") and not may_open():
            raise Unavailable("this gateway takes no more connections")
        return await sockets(request)

    app = web.Application(middlewares=[report_problems, receive_body], client_max_size=MAX_BODY)
    app.add_routes(routes)
    app.router.add_route("*", SOCKET_PATH, serve_sockets)
    Headers(origins).complete(app)
    return app


@web.middleware
async def receive_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have the whole body before the handler starts, which then meets no error of the wire and no slow sender."""
    if (request.content_length or 0) > MAX_BODY:
        raise TooLarge(f"the body is larger than {MAX_BODY} bytes")
    if request.body_exists:
        try:
            await _receive(request)
        except TimeoutError as error:
            raise web.HTTPRequestTimeout from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise Invalid("the body cannot be read") from error
    return await handler(request)


async def _receive(request: web.Request) -> None:
    if request.content.is_eof():
        await request.read()  # it came together with its head, as most do: nothing is waited for
    else:
        async with asyncio.timeout(BODY_TIMEOUT):
            await request.read()
