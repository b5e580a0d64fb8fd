"""A collector of traces as OTLP over HTTP has it: it decodes what it gets, and keeps it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.stack import HOST


@dataclass(frozen=True)
class Span:
    """One step of a trace."""

    trace: str
    id: str
    parent: str
    process: str
    name: str
    facts: dict[str, str]
    error: str
    seconds: float


@dataclass
class Collector:
    """Everything that came."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    raw: bytes = b""

    def of(self, trace: str) -> dict[str, Span]:
        """The steps of a trace by name, of which the last stands for its like."""
        return {span.name: span for span in self.spans if span.trace == trace}

    async def take(self, request: web.Request) -> web.Response:
        """Serve POST /v1/traces."""
        assert request.content_type == "application/x-protobuf"
        body = await request.read()
        self.raw += body
        self.spans += read_spans(ExportTraceServiceRequest.FromString(body))
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


def read_spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        process = {entry.key: entry.value.string_value for entry in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    process=process["service.instance.id"],
                    name=span.name,
                    facts={entry.key: entry.value.string_value for entry in span.attributes},
                    error=span.status.message,
                    seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                )


@asynccontextmanager
async def run_collector() -> AsyncIterator[Collector]:
    """Serve on a free port."""
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    assert site._server is not None
    collector.url = f"http://{HOST}:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    try:
        yield collector
    finally:
        await runner.cleanup()
