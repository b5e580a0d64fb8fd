"""Answers of the front: to `POST /api/notifications` what aiohttp would send, but for its name."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from wsgiref.handlers import format_date_time

import msgspec
from aiohttp import web

from notifications.adapters.http.front import PATH, Posted
from notifications.adapters.http.headers import UNLESS_SAID
from notifications.adapters.http.notifications import NotificationsApi
from notifications.adapters.http.problems import report

_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Intake:
    """Serves what the front has read."""

    api: NotificationsApi

    async def serve(self, posted: Posted) -> bytes:
        """Return the whole answer."""
        authorization, key = posted.header(b"authorization"), posted.header(b"idempotency-key")
        try:
            accepted = await self.api.accept(authorization or "", key, posted.body)
        except Exception as error:
            return _render_response(report(error, PATH, "POST"))
        return _render(HTTPStatus.CREATED, _JSON, msgspec.json.encode(accepted))


def _render_response(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)  # noqa: S101 - problems are texts
    return _render(HTTPStatus(response.status), response.headers, response.body)


def _render(status: HTTPStatus, headers: Mapping[str, str], body: bytes) -> bytes:
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    date = _date(int(time.time()))
    return f"{_begin(status)}{told}Content-Length: {len(body)}\r\nDate: {date}\r\n\r\n".encode() + body


@lru_cache
def _begin(status: HTTPStatus) -> str:
    said = "".join(f"{name}: {value}\r\n" for name, value in UNLESS_SAID.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{said}"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return format_date_time(second)
