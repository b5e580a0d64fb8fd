"""A user may do so much in any minute, at however many gateways that learn of each other late."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.limits import SPEND_EVERY, SPEND_UNHEARD, SPEND_WINDOW
from notifications.domain.spending import Spending

LIMIT = 100
LATENESS = 1.0
ALL = 10_000


def take_all(spending: Spending, gateways: int, now: float, wish: int = ALL) -> int:
    """Take until there is no more and return how much there was."""
    return next(taken for taken in range(wish + 1) if taken == wish or spending.take(LIMIT, gateways, now))


def test_one_gateway_lets_through_the_limit_at_once_and_nothing_more_for_a_minute() -> None:
    spending = Spending()
    assert take_all(spending, 1, 1000.0) == LIMIT
    assert take_all(spending, 1, 1000.0 + SPEND_WINDOW) == 0
    assert take_all(spending, 1, 1001.0 + SPEND_WINDOW) == LIMIT


def test_the_wait_is_as_long_as_it_has_to_be() -> None:
    spending = Spending()
    take_all(spending, 1, 10.2, 30)
    take_all(spending, 1, 20.7)
    wait = spending.take(LIMIT, 1, 30.5)
    assert wait == pytest.approx(11 + SPEND_WINDOW - 30.5)
    assert take_all(spending, 1, 30.5 + wait) == 30


def test_several_are_taken_at_once_or_none_of_them() -> None:
    spending = Spending()
    assert spending.take(LIMIT, 1, 10.0, LIMIT - 10) == 0
    assert spending.take(LIMIT, 1, 10.0, 11) == 1 + SPEND_WINDOW
    assert spending.take(LIMIT, 1, 10.0, 10) == 0
    assert spending.known == LIMIT


def test_what_others_let_through_counts() -> None:
    spending = Spending()
    spending.hear(LIMIT - 1, 5.0)
    assert take_all(spending, 2, 5.0) == 1


def test_more_than_the_limit_elsewhere_is_waited_for_until_there_is_room() -> None:
    spending = Spending()
    spending.hear(LIMIT, 5.0)
    spending.hear(50, 8.0)
    assert spending.take(LIMIT, 1, 8.0) == pytest.approx(6 + SPEND_WINDOW - 8.0)


def test_a_gateway_among_others_has_its_share_at_once_and_more_when_all_know_of_that() -> None:
    spending = Spending()
    assert take_all(spending, 4, 0.0) == LIMIT // 4
    wait = spending.take(LIMIT, 4, 0.0)
    assert wait == 1 + SPEND_UNHEARD
    assert take_all(spending, 4, wait) == (LIMIT - LIMIT // 4) // 4


def test_the_last_of_the_limit_can_be_had_even_if_it_is_less_than_one_each() -> None:
    spending = Spending()
    spending.hear(LIMIT - 1, 0.0)
    assert take_all(spending, 50, 0.0) == 1


def test_after_a_minute_of_silence_nothing_is_kept() -> None:
    spending = Spending()
    take_all(spending, 1, 0.0)
    assert not spending.is_over(SPEND_WINDOW)
    assert spending.is_over(1 + SPEND_WINDOW)
    assert spending.known == 0


class Gateway:
    """Tells the others once a second, at a time of its own."""

    def __init__(self, phase: float) -> None:
        self.spending = Spending()
        self.next = phase
        self.untold = 0
        self.coming: deque[tuple[float, int]] = deque()


def pass_time(gateways: list[Gateway], until: float, late: float) -> None:
    """Let what was told by then be told, and what has arrived be heard; everything is `late` on its way."""
    for sender in gateways:
        while sender.next <= until:
            for gateway in gateways:
                if gateway is not sender and sender.untold:
                    gateway.coming.append((sender.next + late, sender.untold))
            sender.untold = 0
            sender.next += SPEND_EVERY
    for gateway in gateways:
        for _ in range(len(gateway.coming)):
            at, count = gateway.coming.popleft()
            if at <= until:
                gateway.spending.hear(count, until)
            else:
                gateway.coming.append((at, count))


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.05, 0.4, 0.95, 1.9, 4.0, 20.0]),
        st.integers(0, 4),
        st.sampled_from([1, 3, 25, ALL]),
        st.sampled_from([0.0, 0.5, LATENESS]),
    ),
    max_size=60,
)


@given(st.lists(st.floats(0, 0.999), min_size=2, max_size=5), STEPS)
def test_all_gateways_together_let_through_a_tenth_too_much_at_most(
    phases: list[float], steps: list[tuple[float, int, int, float]]
) -> None:
    """What is assumed: each gateway tells once a second and is heard a second later at most, nothing is lost, and all
    of them know how many they are."""
    gateways, now, taken = [Gateway(phase) for phase in phases], 1000.0, list[float]()
    pass_time(gateways, now, 0)
    for pause, number, wish, late in steps:
        now += pause
        pass_time(gateways, now, late)
        gateway = gateways[number % len(gateways)]
        got = take_all(gateway.spending, len(gateways), now, wish)
        gateway.untold += got
        taken += [now] * got
    most = int(LIMIT * 1.1)
    assert all(later - earlier >= SPEND_WINDOW for earlier, later in zip(taken, taken[most:], strict=False))


def test_five_gateways_that_are_flooded_let_through_nearly_what_one_would() -> None:
    gateways, taken = [Gateway(number / 5) for number in range(5)], list[float]()
    for tick in range(1200):
        now = 1000 + tick / 10
        pass_time(gateways, now, LATENESS)
        for gateway in gateways:
            got = take_all(gateway.spending, len(gateways), now)
            gateway.untold += got
            taken += [now] * got
    minutes = [sum(begin <= at < begin + SPEND_WINDOW for at in taken) for begin in range(1000, 1061)]
    assert max(minutes) <= LIMIT * 1.1
    assert len(taken) >= 2 * LIMIT * 0.9
