"""Which traces are kept is the same in every process, and no caller makes it more."""

import pytest

from notifications.adapters.otlp.tracer import OtlpTracer, Settings

TRACES = [f"{number:032x}" for number in range(1, 2**128, 2**128 // 1000 + 12_345_678_901_234_567)]


def make_tracer(ratio: float) -> OtlpTracer:
    return OtlpTracer(Settings("http://127.0.0.1:1", ratio, "test", "test"))


def is_kept(tracer: OtlpTracer, parent: str | None) -> bool:
    with tracer.span("serve", parent) as span:
        return span.trace.endswith("-01")


async def test_a_share_of_the_traces_of_others_is_kept_and_all_processes_choose_the_same() -> None:
    first, second = make_tracer(0.2), make_tracer(0.2)
    parents = [f"00-{trace}-{'1' * 16}-01" for trace in TRACES]
    kept = [is_kept(first, parent) for parent in parents]
    assert kept == [is_kept(second, parent) for parent in parents]
    assert 0.1 < sum(kept) / len(kept) < 0.3
    await first.close()
    await second.close()


async def test_what_others_do_not_keep_is_not_kept() -> None:
    tracer = make_tracer(1.0)
    assert not is_kept(tracer, f"00-{TRACES[5]}-{'1' * 16}-00")
    assert is_kept(tracer, f"00-{TRACES[5]}-{'1' * 16}-01")
    await tracer.close()


async def test_at_a_ratio_of_none_nothing_is_kept() -> None:
    tracer = make_tracer(0)
    assert not is_kept(tracer, None)
    await tracer.close()


async def test_an_error_is_passed_on() -> None:
    tracer = make_tracer(0)
    with pytest.raises(ValueError, match="refused"), tracer.span("send", None):
        raise ValueError("refused")
    await tracer.close()
