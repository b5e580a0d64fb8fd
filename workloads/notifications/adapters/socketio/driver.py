"""The aiohttp driver of python-engineio, made safe: frames and bodies are checked before the library reads them."""

from typing import Any

from aiohttp import web
from engineio.async_drivers import aiohttp as stock

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_PACKET
from notifications.domain.text import check_depth

_SEPARATOR = "\x1e"
_MOST_PACKETS = 16
_OVER_WEBSOCKET = frozenset("123456")
# What else the library would take from a body has no meaning there, and trips it over connections that have ended
_OVER_POLLING = frozenset("134")


class _Body:
    """A request body that was read and checked."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self, _size: int = -1) -> bytes:
        """Return all of it, as the library expects."""
        return self._body


class CheckedWebSocket(stock.WebSocket):  # type: ignore[misc]
    """Without per-message deflate, which compresses each broadcast once per recipient and holds 300 KiB a socket."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Upgrade the request and serve it to its end."""
        request: web.Request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(compress=False, max_msg_size=MAX_PACKET)
        await self._sock.prepare(request)
        connection = self.handler.__self__
        # Kept by the Engine.IO socket so that a client that does not read can be cut off
        connection.transport = request.transport
        await self.handler(self)
        # The library forgets to when the first frame of an upgrade never comes, and then answers polls with nothing
        connection.upgrading = False
        return self._sock

    async def wait(self) -> str:
        """Return the next frame. OSError, which the library takes for the end of the connection, for a hostile one."""
        try:
            return _check_frame(await super().wait(), _OVER_WEBSOCKET)
        except Invalid as error:
            raise OSError(str(error)) from error


async def translate_request(request: web.Request) -> dict[str, Any]:
    """Build the library's environment from a request whose body was checked."""
    if "j" in request.query:
        raise Invalid("JSONP is not accepted")
    if "Upgrade" in request.headers and "upgrade" not in request.headers.get("Connection", "").lower():
        raise Invalid("Upgrade without Connection: upgrade")
    environ: dict[str, Any] = stock.translate_request(request)
    environ["REMOTE_ADDR"] = request.remote or ""
    # Not the decoded one: decoded twice, it would mean something else to the library than to us
    environ["QUERY_STRING"] = request.rel_url.raw_query_string
    if request.method == "POST":
        body = await request.read()
        _check_body(body)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = _Body(body), str(len(body))
    return environ


def _check_body(body: bytes) -> None:
    # The library would close the connection and hold the request until somebody has read that
    if len(body) > MAX_PACKET:
        raise TooLarge(f"the body is larger than {MAX_PACKET} bytes")
    try:
        frames = body.decode().split(_SEPARATOR)
    except UnicodeDecodeError as error:
        raise Invalid("the body is not UTF-8") from error
    if len(frames) > _MOST_PACKETS:
        raise Invalid(f"more than {_MOST_PACKETS} packets in one request")
    for frame in frames:
        _check_frame(frame, _OVER_POLLING)


def _check_frame(frame: object, accepted: frozenset[str]) -> str:
    if not isinstance(frame, str):
        raise Invalid("binary frames are not accepted")
    if frame[:1] not in accepted:
        raise Invalid("not an Engine.IO packet")
    check_depth(frame.encode(errors="replace"))
    return frame


DRIVER = {**stock._async, "translate_request": translate_request, "websocket": CheckedWebSocket}
