"""The first step of a trace: a request to notify somebody."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from notifications.adapters.http.problems import Handler
from notifications.ports.tracing import TRACE, Tracer

_PATHS: Final = frozenset({"/api/notifications", "/api/notifications/bulk"})


def trace_accepting(tracer: Tracer) -> Middleware:
    """Return what puts requests to send into the trace that their `traceparent` names, or into a new one."""

    @web.middleware
    async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method != "POST" or request.path not in _PATHS:
            return await handler(request)
        with tracer.span("accept", request.headers.get("traceparent")) as span:
            before = TRACE.set(span.trace)
            try:
                response = await handler(request)
            finally:
                TRACE.reset(before)  # one task serves all requests of a connection
            span.note("http.response.status_code", str(response.status))
            return response

    return trace
