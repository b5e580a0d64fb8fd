"""What was measured, round by round, and what follows from it: medians, and ratios within a round."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median

import msgspec


class Figure(msgspec.Struct, rename="camel", kw_only=True):
    """One system in one scenario of one round. What a scenario does not tell is None."""

    system: str
    scenario: str
    round: int
    deliveries_per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_percent: float | None = None
    kb_per_connection: float | None = None
    connections_per_second: float | None = None
    lost: int = 0
    reordered: int = 0
    generator_percent: float | None = None
    elsewhere_percent: float | None = None


class Row(msgspec.Struct, rename="camel", kw_only=True):
    """The medians of a system in a scenario; `lost` and `reordered` are of all rounds together."""

    system: str
    scenario: str
    deliveries_per_second: float | None
    p50_ms: float | None
    p99_ms: float | None
    cpu_percent: float | None
    kb_per_connection: float | None
    connections_per_second: float | None
    lost: int
    reordered: int
    rounds: int
    commit: str


class Spread(msgspec.Struct):
    """A median, and what it lies between."""

    middle: float
    least: float
    most: float


_MEDIANS = (
    "deliveries_per_second",
    "p50_ms",
    "p99_ms",
    "cpu_percent",
    "kb_per_connection",
    "connections_per_second",
)
HEADLINES = {
    "connect": "connections_per_second",
    "idle": "kb_per_connection",
    "latency": "p99_ms",
    "latency-batched": "p99_ms",
}
"""What a scenario is about; all others are about deliveries a second."""
LESS_IS_BETTER = frozenset({"idle", "latency", "latency-batched"})


def read_headline(figure: Figure) -> float | None:
    """Return the figure that the scenario is about."""
    value: float | None = getattr(figure, HEADLINES.get(figure.scenario, "deliveries_per_second"))
    return value


def spread(values: Iterable[float]) -> Spread | None:
    """Return median, least and most, None of nothing."""
    ordered = sorted(values)
    return Spread(median(ordered), ordered[0], ordered[-1]) if ordered else None


def summarise(figures: Sequence[Figure], commit: str) -> list[Row]:
    """Return a row for each system in each scenario, in the order of their first figures."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.system, figure.scenario), []).append(figure)
    return [_summarise(system, scenario, group, commit) for (system, scenario), group in groups.items()]


def compare(figures: Sequence[Figure], scenario: str, system: str, peer: str) -> Spread | None:
    """Return how many times better than the peer the system is, from rounds that have both; None without any."""
    ours, theirs = (_by_round(figures, scenario, name) for name in (system, peer))
    ratio: Callable[[float, float], float] = (
        (lambda a, b: b / a) if scenario in LESS_IS_BETTER else (lambda a, b: a / b)
    )
    both = [number for number in ours if number in theirs]
    return spread(ratio(ours[number], theirs[number]) for number in both if ours[number] and theirs[number])


def _by_round(figures: Iterable[Figure], scenario: str, system: str) -> dict[int, float]:
    wanted = [figure for figure in figures if (figure.scenario, figure.system) == (scenario, system)]
    return {figure.round: value for figure in wanted if (value := read_headline(figure)) is not None}


def _summarise(system: str, scenario: str, group: Sequence[Figure], commit: str) -> Row:
    medians: dict[str, float | None] = {}
    for name in _MEDIANS:
        found = spread(value for figure in group if (value := getattr(figure, name)) is not None)
        medians[name] = round(found.middle, 3) if found else None
    lost, reordered = sum(figure.lost for figure in group), sum(figure.reordered for figure in group)
    return Row(
        system=system, scenario=scenario, **medians, lost=lost, reordered=reordered, rounds=len(group), commit=commit
    )
