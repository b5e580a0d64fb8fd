"""POST over HTTP/2 only, many at once over one connection.

By httpx2, the maintained continuation of httpx, whose last release is of 2024. Errors are raised `from None`, as those
of the library tell addresses, and addresses hold tokens.
"""

import asyncio
import logging
import ssl
from types import TracebackType
from typing import Self

import httpx2

from notifications.domain.answer import Answer
from notifications.domain.errors import TemporaryFailure
from notifications.domain.limits import MAX_ANSWER, PROVIDER_TIMEOUT
from notifications.ports.outgoing import Request

_CONNECTIONS = 4

# They log the address, and the headers, of every request: a device's token and ours
for _chatty in ("hpack", "httpcore2", "httpx2"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class Http2Client:
    """A pool of connections; an async context manager. Only for destinations from configuration."""

    def __init__(self, tls: ssl.SSLContext, timeout: float = PROVIDER_TIMEOUT) -> None:
        self._timeout = timeout
        self._client = httpx2.AsyncClient(
            verify=tls,
            http1=False,
            http2=True,
            timeout=timeout,
            trust_env=False,
            headers={"accept-encoding": "identity", "user-agent": "notifications"},
            limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, request: Request) -> Answer:
        """See `Outgoing`."""
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream(
                    "POST", request.url, content=request.body, headers=dict(request.headers), follow_redirects=False
                ) as response,
            ):
                return Answer(response.status_code, dict(response.headers), await _read(response))
        except (TimeoutError, httpx2.TimeoutException):
            raise TemporaryFailure(f"no answer within {self._timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise TemporaryFailure(f"no usable answer: {type(error).__name__}") from None


async def _read(response: httpx2.Response) -> bytes:
    """Return at most MAX_ANSWER bytes; the rest of the stream is not asked for."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= MAX_ANSWER:
            break
    return bytes(body[:MAX_ANSWER])
