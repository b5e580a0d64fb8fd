"""The port Tracer on OpenTelemetry's SDK, which sends from a thread of its own and forgets what it cannot send."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from notifications.domain.limits import MAX_SPANS, SPANS_AT_ONCE, SPANS_CLOSE, SPANS_EVERY, SPANS_TIMEOUT

_KINDS: Final = {
    "accept": SpanKind.SERVER,
    "publish": SpanKind.PRODUCER,
    "serve": SpanKind.CONSUMER,
    "offer": SpanKind.CLIENT,
    "send": SpanKind.CLIENT,
    "show": SpanKind.SERVER,
}
_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Settings:
    """Spans of the process `id` go to `endpoint`/v1/traces, for the share `ratio` of traces."""

    endpoint: str
    ratio: float
    service: str
    id: str


class OtlpSpan:
    """The port Span."""

    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def note(self, name: str, value: str) -> None:
        """Add a fact."""
        self._span.set_attribute(name, value)


class OtlpTracer:
    """Chooses by the number of a trace, so that all processes choose the same.

    Of traces that others have begun none is kept that they do not keep, and of the rest no more than of our own:
    whoever sends requests does not decide what they cost.
    """

    def __init__(self, settings: Settings) -> None:
        share = TraceIdRatioBased(settings.ratio)
        resource = Resource({"service.name": settings.service, "service.instance.id": settings.id})
        self._provider = TracerProvider(
            ParentBased(share, remote_parent_sampled=share), resource, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(
            f"{settings.endpoint.rstrip('/')}/v1/traces", timeout=SPANS_TIMEOUT, compression=Compression.Gzip
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter, MAX_SPANS, SPANS_EVERY * 1000, SPANS_AT_ONCE))
        self._tracer = self._provider.get_tracer("notifications")

    @contextmanager
    def span(self, name: str, parent: str | None, **facts: str) -> Iterator[OtlpSpan]:
        """Time a step."""
        span = self._tracer.start_span(name, _read(parent), _KINDS.get(name, SpanKind.INTERNAL), dict(facts))
        try:
            yield OtlpSpan(span)
        except Exception as error:
            # Not its text, nor its traceback: they may quote what was to be sent
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    async def close(self) -> None:
        """Send what waits, for SPANS_CLOSE seconds at most."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(over.set)

        Thread(target=shut_down, name="last spans", daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), SPANS_CLOSE)


def _read(parent: str | None) -> Context:
    return _TRACE_CONTEXT.extract({"traceparent": parent} if parent else {}, Context())
