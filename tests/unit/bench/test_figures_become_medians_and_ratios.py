"""What follows from rounds."""

from tests.bench.figures import Figure, Spread, compare, spread, summarise


def rates(system: str, *values: float, scenario: str = "room") -> list[Figure]:
    """A figure a round."""
    return [
        Figure(system=system, scenario=scenario, round=number, deliveries_per_second=value, p99_ms=value)
        for number, value in enumerate(values)
    ]


def test_a_row_holds_the_medians_of_all_rounds() -> None:
    (row,) = summarise(rates("ours", 3.0, 1.0, 9.0), "abc")
    assert (row.deliveries_per_second, row.p99_ms, row.rounds, row.commit) == (3.0, 3.0, 3, "abc")
    assert row.kb_per_connection is None


def test_losses_of_all_rounds_are_added() -> None:
    figures = [Figure(system="ours", scenario="room", round=number, lost=2, reordered=1) for number in range(3)]
    (row,) = summarise(figures, "abc")
    assert (row.lost, row.reordered) == (6, 3)


def test_systems_are_compared_within_their_rounds() -> None:
    figures = [*rates("ours", 20.0, 60.0, 40.0), *rates("peer", 10.0, 20.0, 10.0)]
    assert compare(figures, "room", "ours", "peer") == Spread(3.0, 2.0, 4.0)


def test_where_less_is_better_the_ratio_is_turned_over() -> None:
    figures = [*rates("ours", 5.0, scenario="latency"), *rates("peer", 10.0, scenario="latency")]
    assert compare(figures, "latency", "ours", "peer") == Spread(2.0, 2.0, 2.0)


def test_a_round_that_one_of_them_has_missed_does_not_count() -> None:
    figures = [*rates("ours", 20.0, 60.0), *rates("peer", 10.0)]
    assert compare(figures, "room", "ours", "peer") == Spread(2.0, 2.0, 2.0)
    assert compare(figures, "room", "ours", "nobody") is None


def test_a_spread_has_the_middle_of_an_even_count() -> None:
    assert spread([4.0, 1.0, 2.0, 3.0]) == Spread(2.5, 1.0, 4.0)
    assert spread([]) is None
