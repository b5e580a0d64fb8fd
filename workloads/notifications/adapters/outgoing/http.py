"""Requests over HTTP/1.1, within a time, and only to addresses within reach.

The address is checked when the socket is made for it, after all names are resolved: what was checked is what is
connected to. Errors are raised `from None`, as those of the library tell addresses, and addresses hold tokens.
"""

import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp

from notifications.domain.answer import Answer
from notifications.domain.errors import Invalid, Rejected, TemporaryFailure
from notifications.domain.limits import MAX_ANSWER, PROVIDER_TIMEOUT
from notifications.domain.network import Reach, check_endpoint
from notifications.ports.outgoing import Request

# More than a worker has messages under way, for whoever waits for a connection spends the time of the call
_CONNECTIONS = 1_000
_PER_HOST = 500
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class _OutOfReach(OSError):
    """An address that must not be connected to."""


class HttpClient:
    """A pool of connections; an async context manager. `reach` is None where the destination is from configuration.

    `check` says which addresses are called; only a service of one's own may be one in clear.
    """

    def __init__(
        self,
        tls: ssl.SSLContext,
        reach: Reach | None = None,
        timeout: float = PROVIDER_TIMEOUT,
        check: Callable[[str, str], str] = check_endpoint,
    ) -> None:
        self._tls = tls
        self._reach = reach
        self._timeout = timeout
        self._check = check
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=_CONNECTIONS, limit_per_host=_PER_HOST, ssl=self._tls, socket_factory=self._make_socket
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"accept-encoding": "identity", "user-agent": "notifications"},
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, request: Request) -> Answer:
        """See `Outgoing`."""
        return await self._send("POST", request)

    async def get(self, url: str) -> Answer:
        """Return what is there. Raises as `post` does."""
        return await self._send("GET", Request(url, {}, b""))

    async def _send(self, method: str, request: Request) -> Answer:
        try:
            url = self._check(request.url, "the address")
        except Invalid as error:
            raise Rejected(str(error)) from None
        try:
            async with self._session.request(
                method, url, data=request.body or None, headers=request.headers, allow_redirects=False
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, await _read(response.content))
        except aiohttp.InvalidURL:
            raise Rejected("the address is none that can be called") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _OutOfReach):
                raise Rejected("the address is not a public one") from None
            raise TemporaryFailure(f"no connection: {type(error).__name__}") from None
        except TimeoutError:
            raise TemporaryFailure(f"no answer within {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TemporaryFailure(f"no usable answer: {type(error).__name__}") from None

    def _make_socket(self, info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if self._reach is not None and not self._reach.permits(str(address[0])):
            raise _OutOfReach("out of reach")
        return socket.socket(family, kind, protocol)


async def _read(stream: aiohttp.StreamReader) -> bytes:
    """Return at most MAX_ANSWER bytes. What is left unread costs its connection, not our memory."""
    body = bytearray()
    while len(body) < MAX_ANSWER and (chunk := await stream.read(MAX_ANSWER - len(body))):
        body += chunk
    return bytes(body)
