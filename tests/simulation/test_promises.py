"""Seeds of storms, and what makes them worth something: what was accepted in them, what went wrong, where who died."""

import os

import pytest

from tests.simulation.checker import check
from tests.simulation.crashes import ACCEPT_TO_SOCKET, NAMED
from tests.simulation.history import Arrived
from tests.simulation.plan import FAULTS
from tests.simulation.tally import AT_LEAST, Tally
from tests.simulation.weather import Fault
from tests.simulation.world import run

SEEDS = 300
ON_THE_PATH = 10
"""How often a process dies at each named point between the request and the socket."""


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
    least = ON_THE_PATH if name in ACCEPT_TO_SOCKET else AT_LEAST * SEEDS
    assert whole.what[NAMED[name]] >= least


@pytest.mark.parametrize("fault", FAULTS)
def test_promises_were_tested_by_a_fault(fault: Fault, whole: Tally) -> None:
    assert whole.what[fault] >= AT_LEAST * SEEDS


def test_promises_were_made_and_claimed(whole: Tally) -> None:
    floor = {201: 4_000, 503: 450, 422: 50, Arrived: 7_000, "recovered": 3_000, "greeted afresh": 500}
    assert {what: whole.what[what] for what, least in floor.items() if whole.what[what] < least} == {}
