"""The levels that a ladder asks for."""

import pytest

from tests.bench.ladder import Ladder


def climb(ladder: Ladder, limit: float) -> list[float]:
    """Ask until the ladder knows, of something that passes up to a limit."""
    tried: list[tuple[float, bool]] = []
    while (level := ladder.next(tried)) is not None:
        tried.append((level, level <= limit))
    return [level for level, _ in tried]


def test_levels_double_until_one_fails_and_then_grow_by_a_fifth() -> None:
    assert climb(Ladder(10, 1000), 50) == pytest.approx([10, 20, 40, 80, 48, 57.6])


def test_nothing_is_asked_above_the_ceiling() -> None:
    assert climb(Ladder(10, 70), 1000) == [10, 20, 40, 70]


def test_a_start_that_fails_is_halved() -> None:
    assert climb(Ladder(64, 1000), 20) == pytest.approx([64, 32, 16, 19.2, 23.04])


def test_what_fails_at_every_level_is_given_up() -> None:
    assert climb(Ladder(64, 1000), 0) == [64, 32, 16, 8, 4, 2, 1]


def test_a_start_at_the_ceiling_is_the_only_level() -> None:
    assert climb(Ladder(149, 149), 1000) == [149]
