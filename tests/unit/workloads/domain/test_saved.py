"""What a connection follows is read as it was written, and is bounded."""

import pytest

from notifications.domain.errors import TooLarge
from notifications.domain.filters import read_filter
from notifications.domain.limits import MAX_SAVED
from notifications.domain.saved import Follow, read_follows, write_follows
from notifications.domain.topics import read_pattern, room_topic

FILTER = {"order.state": ["open", 1, 2.5, True, None], "é": ["ü"]}


def test_what_was_written_is_read() -> None:
    follows = (
        Follow(room_topic("acme", "user:a.b%*é")),
        Follow(read_pattern("acme", "orders.*.>"), read_filter(FILTER)),
        Follow(read_pattern("acme", "orders.all"), read_filter({})),
    )
    assert read_follows("acme", write_follows(follows)) == follows
    assert read_follows("acme", write_follows(())) == ()


def test_too_much_is_refused() -> None:
    wide = read_filter({f"a{path}": ["x" * 120 + str(value) for value in range(50)] for path in range(8)})
    with pytest.raises(TooLarge, match=str(MAX_SAVED)):
        write_follows([Follow(read_pattern("acme", f"orders.{number}"), wide) for number in range(3)])
