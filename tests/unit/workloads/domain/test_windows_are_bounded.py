"""A client asks for a window within bounds, for none, or for nothing; anything else is refused by its field."""

import pytest

from notifications.domain.errors import Invalid
from notifications.domain.window import NO_WINDOW, Window, read_window


@pytest.mark.parametrize(
    ("value", "window"),
    [
        (None, None),
        (False, NO_WINDOW),
        ({}, Window(10, 100)),
        ({"messages": 50}, Window(50, 100)),
        ({"milliseconds": 1}, Window(10, 1)),
        ({"messages": 10, "milliseconds": 100}, Window(10, 100)),
    ],
    ids=str,
)
def test_what_is_asked_for_within_bounds_is_taken(value: object, window: Window | None) -> None:
    assert read_window(value, "auth.batch") == window


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (True, "auth.batch is"),
        (0, "auth.batch is"),
        ([], "auth.batch is"),
        ("20", "auth.batch is"),
        ({"seconds": 1}, "auth.batch is"),
        ({"messages": 9}, "auth.batch.messages"),
        ({"messages": 51}, "auth.batch.messages"),
        ({"messages": "20"}, "auth.batch.messages"),
        ({"messages": 20.0}, "auth.batch.messages"),
        ({"messages": True}, "auth.batch.messages"),
        ({"milliseconds": 0}, "auth.batch.milliseconds"),
        ({"milliseconds": 101}, "auth.batch.milliseconds"),
        ({"milliseconds": None}, "auth.batch.milliseconds"),
    ],
    ids=str,
)
def test_anything_else_is_refused_by_the_name_of_its_field(value: object, named: str) -> None:
    with pytest.raises(Invalid, match=f"^{named}"):
        read_window(value, "auth.batch")
