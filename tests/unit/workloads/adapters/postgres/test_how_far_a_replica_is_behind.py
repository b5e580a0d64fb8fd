"""How far a replica is behind is told by where the primary's log was, and by one clock."""

import pytest

from notifications.adapters.postgres import replica
from notifications.adapters.postgres.replica import Trail


def trail(*marks: tuple[float, int]) -> Trail:
    made = Trail()
    for at, position in marks:
        made.note(at, position)
    return made


def test_who_has_replayed_everything_is_not_behind() -> None:
    assert trail((0, 100), (1, 200)).lag(1, 200) == 0
    assert trail((0, 100), (1, 200)).lag(1, 300) == 0


def test_the_lag_counts_from_when_the_primary_was_seen_beyond_what_was_replayed() -> None:
    assert trail((0, 100), (1, 200), (2, 300)).lag(4, 100) == 3
    assert trail((0, 100), (1, 200), (2, 300)).lag(4, 250) == 2


def test_who_receives_nothing_is_not_behind_while_the_primary_is_idle_and_is_when_it_moves() -> None:
    idle = trail(*((at, 100) for at in range(60)))
    assert idle.lag(60, 100) == 0
    idle.note(60, 101)
    assert idle.lag(66, 100) == 6


def test_who_catches_up_is_no_longer_behind() -> None:
    moving = trail(*((at, 100 * at) for at in range(10)))
    assert moving.lag(10, 100) == 8
    assert moving.lag(10, 850) == 1
    assert moving.lag(10, 900) == 0


def test_another_log_begins_anew() -> None:
    moving = trail((0, 1000), (1, 2000))
    moving.note(2, 500)
    assert moving.lag(2, 500) == 0


def test_a_long_outage_takes_bounded_memory_and_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "MARKS", 10)
    moving = trail(*((at, at) for at in range(100)))
    assert moving.lag(100, 0) == 99
    assert moving.lag(100, 50) > 0
    assert moving.lag(100, 99) == 0
