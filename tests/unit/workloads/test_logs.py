"""Which lines reach the log."""

import logging
from collections.abc import Iterator

import pytest

from notifications.domain.limits import MAX_REPEATED_LINES
from notifications.logs import Throttle, set_log_level


def make_line(event: str | None) -> logging.LogRecord:
    line = logging.LogRecord("notifications", logging.INFO, "", 0, "refused", None, None)
    if event:
        line.event = event
    return line


@pytest.fixture
def levels() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("notifications")]
    before = [each.level for each in loggers]
    yield
    for each, level in zip(loggers, before, strict=True):
        each.setLevel(level)


def test_a_stranger_cannot_flood_the_log() -> None:
    throttle = Throttle(lambda: 0.5)
    assert sum(throttle.filter(make_line("authentication_failed")) for _ in range(100)) == MAX_REPEATED_LINES
    assert throttle.filter(make_line("postgres_error")), "each event has lines of its own"


def test_the_next_line_says_how_many_were_kept_back() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(MAX_REPEATED_LINES + 3):
        throttle.filter(make_line("authentication_failed"))
    now[0] = 1.0
    first, second = make_line("authentication_failed"), make_line("authentication_failed")
    assert throttle.filter(first)
    assert throttle.filter(second)
    assert first.kept_back == 3  # type: ignore[attr-defined]
    assert not hasattr(second, "kept_back")


@pytest.mark.parametrize("event", ["connect", None])
def test_everything_else_passes(event: str | None) -> None:
    throttle = Throttle(lambda: 0.5)
    assert all(throttle.filter(make_line(event)) for _ in range(100))


@pytest.mark.usefixtures("levels")
def test_at_debug_libraries_do_not_tell_what_they_carry() -> None:
    set_log_level("debug")
    assert logging.getLogger("notifications.app").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("hpack").isEnabledFor(logging.DEBUG)


@pytest.mark.usefixtures("levels")
def test_at_warning_nothing_below_is_told() -> None:
    set_log_level("warning")
    assert not logging.getLogger("notifications.app").isEnabledFor(logging.INFO)
    assert not logging.getLogger("aiohttp").isEnabledFor(logging.INFO)
