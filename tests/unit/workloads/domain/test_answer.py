"""`Retry-After` is heard in both its forms, and nothing that a server writes there can harm."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.answer import Answer, read_retry_after, temporary
from notifications.domain.limits import MAX_RETRY_AFTER

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answer(value: str, status: int = 503) -> Answer:
    return Answer(status, {"retry-after": value}, b"")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:00:30", 30.0),
        ("99999999999999999999", MAX_RETRY_AFTER),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood(value: str, expected: float | None) -> None:
    assert read_retry_after(answer(value), NOW) == expected


@given(st.text(max_size=60))
def test_anything_is_read_as_some_seconds_or_none(value: str) -> None:
    seconds = read_retry_after(answer(value), NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER


def test_a_temporary_failure_tells_the_status_and_the_wait() -> None:
    failure = temporary(answer("7"), "SES", NOW)
    assert str(failure) == "SES answered 503"
    assert failure.retry_after == 7.0


@pytest.mark.parametrize(("status", "expected"), [(429, True), (503, True), (408, True), (400, False), (410, False)])
def test_overload_is_no_verdict_on_the_message(status: int, expected: bool) -> None:
    assert answer("", status).is_overload is expected
