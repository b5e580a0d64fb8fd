"""A bucket lets through no more than its rate, and not less than what it has promised."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.rate import Bucket, Rate

RATE = Rate(per_second=2.0, burst=5.0)
TIMES = st.lists(st.floats(0.0, 3.0), min_size=1, max_size=60)


def test_a_burst_passes_at_once_and_then_one_by_one() -> None:
    bucket = Bucket(RATE, now=100.0)
    assert [bucket.take(1, RATE, 100.0) for _ in range(6)] == [0.0] * 5 + [0.5]
    assert bucket.take(1, RATE, 100.4) > 0
    assert bucket.take(1, RATE, 100.5) == 0
    assert bucket.take(1, RATE, 100.5) == 0.5


def test_a_silence_is_not_saved_up_beyond_the_burst() -> None:
    bucket = Bucket(RATE, now=0.0)
    assert sum(bucket.take(1, RATE, 1e6) == 0 for _ in range(10)) == 5


def test_what_is_more_than_a_burst_passes_and_is_paid_for_afterwards() -> None:
    bucket = Bucket(RATE, now=0.0)
    assert bucket.take(25, RATE, 0.0) == 0
    assert bucket.take(1, RATE, 0.0) == 10.5
    assert bucket.take(1, RATE, 10.4) > 0
    assert bucket.take(1, RATE, 10.5) == 0


def test_a_share_is_a_part_of_both_and_lets_one_at_once_through() -> None:
    assert RATE.share(1) == RATE
    assert RATE.share(2) == Rate(1.0, 2.5)
    assert RATE.share(10) == Rate(0.2, 1.0)


@given(TIMES)
def test_no_more_passes_than_the_burst_and_the_time_allow(pauses: list[float]) -> None:
    bucket, now, passed = Bucket(RATE, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(1, RATE, now) == 0
        assert passed <= RATE.burst + now * RATE.per_second + 1e-6


@given(TIMES)
def test_who_waits_as_long_as_told_passes(pauses: list[float]) -> None:
    bucket, now = Bucket(RATE, 0.0), 0.0
    for pause in pauses:
        now += pause
        if wait := bucket.take(3, RATE, now):
            now += wait + 1e-9
            assert bucket.take(3, RATE, now) == 0
