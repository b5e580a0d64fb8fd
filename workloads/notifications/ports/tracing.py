"""Traces: how long each step of a notification's way takes. Off unless configured; then nobody calls this."""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Final, Protocol

TRACE: Final[ContextVar[str | None]] = ContextVar("trace", default=None)
"""The step that the running task is in, as `Span.trace` names it; None where tracing is off."""


class Span(Protocol):
    """One step."""

    trace: str
    """What belongs to this step says so by this text, a `traceparent` after W3C Trace Context."""

    def note(self, name: str, value: str) -> None:
        """Add a fact: no address, token or content."""
        ...


class Tracer(Protocol):
    """Keeps traces apart, and chooses which are kept at all."""

    def span(self, name: str, parent: str | None, **facts: str) -> AbstractContextManager[Span]:
        """Time a step that belongs to `parent`, or begins a trace if that is None or no traceparent.

        An error that leaves the block is noted by its kind.
        """
        ...
