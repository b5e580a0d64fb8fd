"""Which names events may have that callers choose."""

import pytest

from notifications.domain.emit import check_event
from notifications.domain.errors import Invalid


@pytest.mark.parametrize(
    "name", ["news", "news:breaking", "message", "roomy", "a.b-c_d:e", "X" * 64, "system:announcement"]
)
def test_a_name_of_ones_own_is_taken(name: str) -> None:
    assert check_event(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "notification", "notification:changed", "notifications:anything", "room:message", "topic:gap", "presence:x",
        "auth:expiring", "server:moving", "client:ping", "subscriptions:sync", "connected", "position", "error",
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
        "", "a b", 'a"b', "a\\b", "ä", "a\n", "X" * 65, "a/b",
    ],
)  # fmt: skip
def test_a_name_of_ours_or_one_that_breaks_a_frame_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_event(name)
