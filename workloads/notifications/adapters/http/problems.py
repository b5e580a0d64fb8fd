"""Every refusal as an RFC 9457 problem, with a code of the contract."""

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from notifications.app.refusals import log_refusal
from notifications.domain import errors

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: tuple[tuple[type[errors.NotificationsError], HTTPStatus], ...] = (
    (errors.KeyReused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.BrokenTemplate, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Resync, HTTPStatus.GONE),
    (errors.RateLimited, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.Invalid, HTTPStatus.BAD_REQUEST),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
PROBLEM: Final = "application/problem+json"
_CODES = {404: "NOT_FOUND", 413: "TOO_LARGE", 503: "UNAVAILABLE"}


def _codes(kind: type[errors.Refused | errors.Unavailable]) -> set[str]:
    return {kind.code}.union(*map(_codes, kind.__subclasses__()))


Code = Annotated[str, Meta(extra_json_schema={"enum": sorted(_codes(errors.Refused) | _codes(errors.Unavailable))})]


class Problem(TypedDict):
    """What went wrong, after RFC 9457. `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    code: Code


def problem(status: HTTPStatus, code: str, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return a problem response."""
    text = json.dumps(_members(status, code, detail), ensure_ascii=False)
    return web.Response(status=status.value, text=text, content_type=PROBLEM, headers=headers)


def describe(error: errors.Refused | errors.Unavailable) -> Problem:
    """Return the problem that tells of an error of ours."""
    return _members(status_of(type(error)), error.code, str(error))


def problem_of(error: errors.Refused | errors.Unavailable) -> web.Response:
    """Return the problem that tells of an error of ours."""
    status = status_of(type(error))
    headers = {}
    if isinstance(error, errors.Unavailable | errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status, error.code, str(error), headers)


@web.middleware
async def report_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into problems; only what we did not foresee is logged with a traceback."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _library_problem(error)
    except Exception as error:
        return report(error, _name_path(request), request.method)


def report(error: Exception, path: str | None, method: str) -> web.Response:
    """Return the problem that tells of an error, and tell the log what it should know."""
    if isinstance(error, errors.Refused):
        log_refusal(_log, error, path=path, method=method)
    if isinstance(error, errors.Refused | errors.Unavailable):
        return problem_of(error)
    _log.error("a request failed", exc_info=error, extra={"path": path, "method": method})
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "UNAVAILABLE", "the server failed to do this")


def _name_path(request: web.Request) -> str | None:
    """Return the path as the route has it: the real one may hold the token of a link."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else None


def status_of(kind: type[errors.NotificationsError]) -> HTTPStatus:
    """Return the status that a kind of error is answered with."""
    return next(status for parent, status in _STATUS if issubclass(kind, parent))


def _members(status: HTTPStatus, code: str, detail: str) -> Problem:
    return {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, "code": code}


def _library_problem(error: web.HTTPException) -> web.Response:
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return problem(HTTPStatus(error.status), _CODES.get(error.status, "INVALID"), error.reason, allow)
