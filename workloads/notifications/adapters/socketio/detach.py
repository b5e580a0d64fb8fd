"""Takes a connection away from aiohttp. This file alone knows how, and its test fails when that changes."""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

from aiohttp import web

from notifications.domain.errors import Invalid

_NEVER_SENT: Final = HTTPStatus.SWITCHING_PROTOCOLS


class _Rest:
    """Takes from aiohttp what it has read behind a request."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Called by aiohttp, as is the other."""
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Nothing more comes this way."""


def detach(request: web.Request) -> tuple[asyncio.Transport, bytes]:
    """Return the transport of a request that asks for an upgrade, and what was read behind it.

    To aiohttp it is as if the client had hung up: it ends its task, and what the handler returns is not sent.
    Raises Invalid if the client has hung up indeed.
    """
    library, rest = request.protocol, _Rest()
    if library.transport is None:
        raise Invalid("the client has hung up")
    library.set_parser(cast(Any, rest))
    transport, library.transport = library.transport, None
    library.connection_lost(None)
    return transport, rest.data


def no_answer() -> web.Response:
    """Return what a handler returns whose connection was detached."""
    return web.Response(status=_NEVER_SENT)
