"""Gateways that stop together stay within what the others bear, and each is done in time."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.pace import Pace

FLEETS = st.integers(1, 500)
SECONDS = st.sampled_from((30, 90, 270, 870, 3570))
LITTLE_MORE = 1 + 1e-9


def fit(fleet: int, connections: int, seconds: int, spare: float) -> tuple[int, Pace]:
    """A fleet, and a pace at which all of it can stop together."""
    return fleet, Pace(fleet * connections / seconds * spare, connections, seconds)


PACES = st.builds(fit, FLEETS, st.integers(1, 100_000), SECONDS, st.floats(1.0, 50.0))


def test_one_gateway_takes_all_and_several_take_equal_parts() -> None:
    pace = Pace(per_second=200, connections=10_000, seconds=270)
    assert [pace.share(movers, clients=500) for movers in (1, 2, 4)] == [200, 100, 50]


def test_who_hears_nobody_empties_a_full_gateway_just_in_time() -> None:
    pace = Pace(per_second=200, connections=10_000, seconds=250)
    assert pace.share(None, clients=10) == pace.share(None, clients=10_000) == 40


def test_who_hears_nobody_takes_no_more_than_all_together_may() -> None:
    assert Pace(per_second=5, connections=10_000, seconds=30).share(None, clients=10) == 5


def test_who_holds_too_many_for_its_share_is_done_in_time_all_the_same() -> None:
    assert Pace(per_second=10, connections=1_000, seconds=30).share(1, clients=3_000) == 100


@given(PACES, st.data())
def test_all_that_stop_stay_within_the_budget_whoever_hears_the_others(
    fleet: tuple[int, Pace], data: st.DataObject
) -> None:
    most, pace = fleet
    stopping = data.draw(st.integers(1, most))
    clients = data.draw(st.lists(st.integers(0, pace.connections), min_size=stopping, max_size=stopping))
    for movers in (stopping, None):
        assert sum(pace.share(movers, each) for each in clients) <= pace.per_second * LITTLE_MORE


@given(PACES, st.one_of(st.none(), FLEETS), st.integers(0, 1_000_000))
def test_every_gateway_is_empty_in_time(fleet: tuple[int, Pace], movers: int | None, clients: int) -> None:
    _, pace = fleet
    assert clients / pace.share(movers, clients) <= pace.seconds * LITTLE_MORE


@given(PACES, st.integers(0, 100_000), FLEETS)
def test_one_more_that_stops_makes_nobody_faster(fleet: tuple[int, Pace], clients: int, movers: int) -> None:
    _, pace = fleet
    assert pace.share(movers + 1, clients) <= pace.share(movers, clients)
