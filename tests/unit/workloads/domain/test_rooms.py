"""What may be the name of a room, and how far a request to one is."""

import pytest

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_ROOM_MEMBERS
from notifications.domain.rooms import RoomState, check_room, size_of, state_after


@pytest.mark.parametrize(
    "name",
    ["user:1", "group:456", "admin:broadcast", "lobby", "dm:a.b", "post:ä b/c", "a:b:c:d:e:f:g:h", "x" * 128, "*x:>y"],
)
def test_what_could_be_a_room_is_one(name: str) -> None:
    assert check_room(name, "room") == name


@pytest.mark.parametrize(
    "name", ["", ":", "group:", ":7", "a::b", "a:b:c:d:e:f:g:h:i", "group:*", ">", "group:7:>", "a\0b"]
)
def test_what_could_never_be_a_room_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="room"):
        check_room(name, "room")


@pytest.mark.parametrize("name", ["x" * 129, "ä" * 34, "€" * 23])
def test_what_is_too_long_for_a_subject_is_refused(name: str) -> None:
    with pytest.raises(TooLarge, match="room is longer than"):
        check_room(name, "room")


@pytest.mark.parametrize(
    ("room", "most"),
    [
        ("user:1", 1),
        ("dm:abc:x", 10),
        ("group:7", 1_000),
        ("post:1", 10_000),
        ("admin:broadcast", None),
        ("dms:1", None),
    ],
)
def test_each_kind_of_room_has_its_size(room: str, most: int | None) -> None:
    assert size_of(room) == most


@pytest.mark.parametrize(
    ("reached", "more", "state"),
    [
        (0, False, RoomState.EXPANDED),
        (1_000, True, RoomState.ACCEPTED),
        (MAX_ROOM_MEMBERS, False, RoomState.EXPANDED),
        (MAX_ROOM_MEMBERS, True, RoomState.TRUNCATED),
    ],
)
def test_a_request_is_done_when_there_are_no_more_members_or_it_may_reach_no_more(
    reached: int, more: bool, state: RoomState
) -> None:
    assert state_after(reached, more=more) is state
