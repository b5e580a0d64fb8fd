"""Whatever fails once fails again: a seed stands for one history, to the bit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.world import run

SEEDS = range(6)
ROOT = Path(__file__).parents[2]
PRINT_DIGESTS = f"""
from tests.simulation.world import run
for seed in {SEEDS}:
    print(run(seed).history.digest())
"""


def test_a_seed_gives_the_same_history_again() -> None:
    assert [run(seed).history.digest() for seed in SEEDS] == [run(seed).history.digest() for seed in SEEDS]


def test_different_seeds_give_different_histories() -> None:
    assert len({run(seed).history.digest() for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_a_seed_gives_the_same_history_in_a_process_that_hashes_otherwise(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    result = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [run(seed).history.digest() for seed in SEEDS]
