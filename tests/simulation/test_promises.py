"""Seeds of storms, and what makes them worth something: what was accepted in them, what went wrong, where who died."""

import os
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.simulation.checker import check
from tests.simulation.crashes import NAMED
from tests.simulation.history import Answered, Arrived, Welcomed
from tests.simulation.weather import Fault
from tests.simulation.world import Run, run

SEEDS = 300
AT_LEAST = 10
"""How often each fault strikes, and a process dies at each named point, in all seeds together."""


@dataclass(slots=True)
class Tally:
    """What happened in the seeds that ran so far."""

    seeds: int = 0
    what: Counter[object] = field(default_factory=Counter)

    def add(self, run: Run) -> None:
        """Count what matters."""
        self.seeds += 1
        self.what.update(run.crashes)
        self.what.update(run.faults)
        self.what.update(_kind(event) for event in run.history)


def _kind(event: object) -> object:
    match event:
        case Answered(status=status):
            return status
        case Welcomed(recovered=recovered):
            return "recovered" if recovered else "greeted afresh"
        case _:
            return type(event)


def choose_seeds() -> range:
    """Return the seeds to run: all, or those of SIMULATION_SEEDS, such as `17` or `1000-2000`."""
    first, _, last = os.environ.get("SIMULATION_SEEDS", f"0-{SEEDS - 1}").partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.mark.parametrize("seed", choose_seeds())
def test_promises_are_kept_in_a_storm(seed: int, tally: Tally) -> None:
    result = run(seed)
    tally.add(result)
    violations = "\n".join(map(str, check(result.history)))
    again = f"SIMULATION_SEEDS={seed} .venv/bin/python -m pytest tests/simulation -k storm"
    assert not violations, f"{violations}\nagain: {again}\nin full: .venv/bin/python -m tests.simulation {seed}"


@pytest.fixture
def whole(tally: Tally) -> Tally:
    if tally.seeds < SEEDS:
        pytest.skip(f"only {tally.seeds} of {SEEDS} seeds ran")
    return tally


@pytest.mark.parametrize("name", NAMED)
def test_promises_were_tested_by_a_crash(name: str, whole: Tally) -> None:
    assert whole.what[NAMED[name]] >= AT_LEAST


@pytest.mark.parametrize("fault", Fault)
def test_promises_were_tested_by_a_fault(fault: Fault, whole: Tally) -> None:
    assert whole.what[fault] >= AT_LEAST


def test_promises_were_made_and_claimed(whole: Tally) -> None:
    floor = {201: 4_000, 503: 500, 422: 50, Arrived: 7_000, "recovered": 3_000, "greeted afresh": 500}
    assert {what: whole.what[what] for what, least in floor.items() if whole.what[what] < least} == {}
