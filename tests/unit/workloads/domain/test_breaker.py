"""A breaker opens at half of the calls failing, stays open for its time, and lets ten calls decide whether to close."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.breaker import Breaker, Permit, State
from notifications.domain.limits import BREAKER_CALLS, BREAKER_MINIMUM, BREAKER_OPEN, BREAKER_TRIALS, BREAKER_WINDOW

outcomes = st.lists(st.booleans(), max_size=3 * BREAKER_CALLS)


def feed(breaker: Breaker, failures: list[bool], now: float = 0.0) -> None:
    for failed in failures:
        permit = breaker.admit(now)
        assert permit is not None
        breaker.record(permit, now, failed=failed)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    feed(breaker, [True] * BREAKER_MINIMUM, now)
    assert breaker.state is State.OPEN
    return breaker


@given(outcomes)
def test_it_opens_at_the_first_moment_that_half_of_enough_calls_failed(failures: list[bool]) -> None:
    breaker = Breaker()
    for count in range(1, len(failures) + 1):
        feed(breaker, failures[count - 1 : count])
        window = failures[max(0, count - BREAKER_CALLS) : count]
        if count >= BREAKER_MINIMUM and 2 * sum(window) >= len(window):
            assert breaker.state is State.OPEN
            return
        assert breaker.state is State.CLOSED


def test_calls_older_than_the_window_are_forgotten() -> None:
    breaker = Breaker()
    feed(breaker, [True] * (BREAKER_MINIMUM - 1), 0.0)
    feed(breaker, [True], BREAKER_WINDOW)
    assert breaker.state is State.CLOSED


@given(st.floats(0, BREAKER_OPEN, exclude_max=True))
def test_an_open_one_lets_nothing_through_and_says_for_how_long(later: float) -> None:
    breaker = opened()
    assert breaker.admit(later) is None
    assert breaker.wait(later) == BREAKER_OPEN - later


def test_when_its_time_is_over_it_lets_ten_calls_through_and_no_more() -> None:
    breaker = opened()
    permits = [breaker.admit(BREAKER_OPEN) for _ in range(BREAKER_TRIALS)]
    assert None not in permits
    assert breaker.state is State.HALF_OPEN
    assert breaker.admit(BREAKER_OPEN) is None


@given(st.lists(st.booleans(), min_size=BREAKER_TRIALS, max_size=BREAKER_TRIALS))
def test_the_trials_decide_as_soon_as_their_outcome_is_certain(failures: list[bool]) -> None:
    breaker = opened()
    half = BREAKER_TRIALS // 2
    for count, failed in enumerate(failures, 1):
        feed(breaker, [failed], BREAKER_OPEN)
        failed_so_far = sum(failures[:count])
        if failed_so_far >= half:
            assert breaker.state is State.OPEN
            return
        if count - failed_so_far > half:
            assert breaker.state is State.CLOSED
            return
        assert breaker.state is State.HALF_OPEN


def test_a_trial_that_was_given_up_makes_room_for_another() -> None:
    breaker = opened()
    permits = [breaker.admit(BREAKER_OPEN) for _ in range(BREAKER_TRIALS)]
    assert permits[0] is not None
    breaker.forget(permits[0])
    assert breaker.admit(BREAKER_OPEN) is not None
    assert breaker.admit(BREAKER_OPEN) is None


def test_a_call_from_before_it_opened_is_no_trial() -> None:
    breaker = Breaker()
    late = [breaker.admit(0.0) for _ in range(BREAKER_TRIALS)]
    feed(breaker, [True] * BREAKER_MINIMUM)
    trial = breaker.admit(BREAKER_OPEN)
    for permit in late:
        assert permit is not None
        breaker.record(permit, BREAKER_OPEN, failed=True)
    assert trial is not None
    assert breaker.state is State.HALF_OPEN


@dataclass(slots=True)
class Traffic:
    """Calls under way at random."""

    breaker: Breaker = field(default_factory=Breaker)
    under_way: list[Permit] = field(default_factory=list)
    now: float = 0.0


@given(st.lists(st.tuples(st.sampled_from(["call", "good", "bad", "forget"]), st.floats(0, 20)), max_size=300))
def test_in_no_order_of_events_do_more_than_ten_trials_run_or_does_it_stay_shut_for_ever(
    events: list[tuple[str, float]],
) -> None:
    traffic = Traffic()
    for event, pause in events:
        traffic.now += pause
        happen(traffic, event)
        trials = [permit for permit in traffic.under_way if permit.phase == traffic.breaker._phase]
        assert traffic.breaker.state is not State.HALF_OPEN or len(trials) <= BREAKER_TRIALS
    while traffic.under_way:
        happen(traffic, "forget")
    assert traffic.breaker.admit(traffic.now + BREAKER_OPEN) is not None


def happen(traffic: Traffic, event: str) -> None:
    if event == "call":
        if (permit := traffic.breaker.admit(traffic.now)) is not None:
            traffic.under_way.append(permit)
    elif traffic.under_way:
        permit = traffic.under_way.pop(0)
        if event == "forget":
            traffic.breaker.forget(permit)
        else:
            traffic.breaker.record(permit, traffic.now, failed=event == "bad")
