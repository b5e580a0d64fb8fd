"""Prints everything that happened in a seed, and what was wrong with it: `python -m tests.simulation SEED [WORD...]`.

With words, only the events that hold one of them.
"""

import sys

from tests.simulation.checker import check
from tests.simulation.world import run


def show(seed: int, words: list[str]) -> None:
    """Print a seed's history and verdicts."""
    history = run(seed).history
    for event in history:
        if not words or any(word in str(event) for word in words):
            print(event)
    print(*check(history), sep="\n")


if __name__ == "__main__":
    show(int(sys.argv[1]), sys.argv[2:])
