"""Deadlines pass in their second: never early, at most one late, and not at all once they were taken back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.socketio.wheel import Wheel


class Timer:
    def __init__(self) -> None:
        self.slot: int | None = None
        self.passed = 0

    def expire(self) -> None:
        self.passed += 1


def turn(wheel: Wheel, seconds: int = 1) -> None:
    for _ in range(seconds):
        for _ in wheel.turn():
            pass


@given(st.integers(0, 300), st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_each_deadline_passes_once_in_its_second(begun: int, deadlines: list[float]) -> None:
    wheel = Wheel()
    turn(wheel, begun)
    timers = [Timer() for _ in deadlines]
    for timer, seconds in zip(timers, deadlines, strict=True):
        wheel.set(timer, seconds)
    for now in range(300):
        # The first turn may come at once, so that the wheel is up to a second ahead
        assert [timer.passed for timer in timers] == [now > math.ceil(seconds) for seconds in deadlines]
        turn(wheel)
    assert [timer.passed for timer in timers] == [1] * len(timers)


def test_a_later_deadline_takes_the_place_of_the_earlier() -> None:
    wheel, timer = Wheel(), Timer()
    wheel.set(timer, 1)
    wheel.set(timer, 60)
    turn(wheel, 60)
    assert timer.passed == 0
    turn(wheel)
    assert timer.passed == 1


def test_a_deadline_that_was_taken_back_does_not_pass() -> None:
    wheel, timer = Wheel(), Timer()
    wheel.set(timer, 1)
    wheel.cancel(timer)
    wheel.cancel(timer)
    turn(wheel, 300)
    assert timer.passed == 0


def test_one_that_passes_may_set_itself_again_and_take_back_others() -> None:
    wheel, other = Wheel(), Timer()

    class Again(Timer):
        def expire(self) -> None:
            super().expire()
            wheel.cancel(other)
            wheel.set(self, 25)

    again = Again()
    wheel.set(again, 1)
    wheel.set(other, 2)
    turn(wheel, 2 + 26 + 26)
    assert (again.passed, other.passed) == (3, 0)


def test_one_that_fails_keeps_none_of_the_others_waiting(caplog: pytest.LogCaptureFixture) -> None:
    wheel, others = Wheel(), [Timer() for _ in range(10)]

    class Failing(Timer):
        def expire(self) -> None:
            raise RuntimeError("not today")

    for timer in (*others[:5], Failing(), *others[5:]):
        wheel.set(timer, 1)
    turn(wheel, 2)
    assert [timer.passed for timer in others] == [1] * 10
    assert "a deadline could not be met" in caplog.text
