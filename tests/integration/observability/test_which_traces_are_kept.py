"""Which traces are kept is the same in every process, and no caller makes it more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifications.adapters.otlp.tracer import OtlpTracer, Settings
from tests.integration.observability.collector import Collector, run_collector

TRACES = [f"{number:032x}" for number in range(1, 2**128, 2**128 // 1000 + 12_345_678_901_234_567)]


@asynccontextmanager
async def trace(collector: Collector, ratio: float) -> AsyncIterator[OtlpTracer]:
    tracer = OtlpTracer(Settings(collector.url, ratio, "test", "test"))
    yield tracer
    await tracer.close()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with run_collector() as running:
        yield running


def is_kept(tracer: OtlpTracer, parent: str | None) -> bool:
    with tracer.span("serve", parent) as span:
        return span.trace.endswith("-01")


async def test_a_share_of_the_traces_of_others_is_kept_and_all_processes_choose_the_same(collector: Collector) -> None:
    parents = [f"00-{number}-{'1' * 16}-01" for number in TRACES]
    async with trace(collector, 0.2) as first:
        kept = [is_kept(first, parent) for parent in parents]
    async with trace(collector, 0.2) as second:
        assert kept == [is_kept(second, parent) for parent in parents]
    assert 0.1 < sum(kept) / len(kept) < 0.3
    assert len(collector.spans) == 2 * sum(kept), "what waits is sent when the process ends"


async def test_what_others_do_not_keep_is_not_kept(collector: Collector) -> None:
    async with trace(collector, 1.0) as tracer:
        assert not is_kept(tracer, f"00-{TRACES[5]}-{'1' * 16}-00")
        assert is_kept(tracer, f"00-{TRACES[5]}-{'1' * 16}-01")
    assert [span.trace for span in collector.spans] == [TRACES[5]]


async def test_at_a_ratio_of_none_nothing_is_kept(collector: Collector) -> None:
    async with trace(collector, 0) as tracer:
        assert not is_kept(tracer, None)
    assert collector.spans == []


async def test_an_error_is_passed_on_and_told_by_its_kind(collector: Collector) -> None:
    async with trace(collector, 1.0) as tracer:
        with pytest.raises(ValueError, match="refused"), tracer.span("send", None):
            raise ValueError("refused alice@example.org")
    (span,) = collector.spans
    assert span.error == "ValueError"
    assert b"alice" not in collector.raw
