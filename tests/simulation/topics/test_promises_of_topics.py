"""Seeds of storms over topics, and what makes them worth something: what was heard, what went wrong, where who died."""

import os
from collections import Counter

import pytest

from tests.simulation.topics.checker import check
from tests.simulation.topics.history import Followed, Gapped, Heard, Welcomed
from tests.simulation.topics.plan import FAULTS, NAMED
from tests.simulation.topics.world import TopicRun, run

SEEDS = 100
AT_LEAST = 0.02
"""How often a seed each fault strikes, and a gateway dies at each named point."""


def choose_seeds() -> range:
    """Return the seeds to run: all, or those of SIMULATION_SEEDS, such as `17` or `1000-2000`."""
    first, _, last = os.environ.get("SIMULATION_SEEDS", f"0-{SEEDS - 1}").partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.fixture(scope="module")
def runs() -> list[TopicRun]:
    return []


@pytest.mark.parametrize("seed", choose_seeds())
def test_topics_keep_their_promises_in_a_storm(seed: int, runs: list[TopicRun]) -> None:
    result = run(seed)
    runs.append(result)
    violations = "\n".join(map(str, check(result.history)))
    assert not violations, f"{violations}\nin full: .venv/bin/python -m tests.simulation.topics {seed}"


@pytest.fixture
def whole(runs: list[TopicRun]) -> list[TopicRun]:
    if len(runs) < SEEDS:
        pytest.skip(f"only {len(runs)} of {SEEDS} seeds ran")
    return runs


def test_gateways_died_at_each_named_point(whole: list[TopicRun]) -> None:
    crashes = sum((result.crashes for result in whole), Counter[object]())
    assert [name for name, point in NAMED.items() if crashes[point] < AT_LEAST * SEEDS] == []


def test_each_fault_struck(whole: list[TopicRun]) -> None:
    faults = sum((result.faults for result in whole), Counter[object]())
    assert [fault for fault in FAULTS if faults[fault] < AT_LEAST * SEEDS] == []


def test_promises_were_made_and_claimed(whole: list[TopicRun]) -> None:
    events = [event for result in whole for event in result.history]
    kinds = Counter[object](type(event) for event in events)
    kinds["recovered"] = sum(isinstance(event, Welcomed) and event.recovered for event in events)
    kinds["resumed"] = sum(isinstance(event, Followed) and event.recovered for event in events)
    floor = {Heard: 3_000, Gapped: 100, Followed: 4_000, "recovered": 1_000, "resumed": 1_000}
    assert {what: kinds[what] for what, least in floor.items() if kinds[what] < least} == {}


def test_a_seed_is_one_history() -> None:
    digests = [run(seed).history.digest() for seed in range(4)]
    assert [run(seed).history.digest() for seed in range(4)] == digests
    assert len(set(digests)) == 4
