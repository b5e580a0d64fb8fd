"""Runs many seeds of topics, or tells what happened in one.

`python -m tests.simulation.topics` runs the seeds 0 to 999 and prints what was wrong, how often which fault struck, and
how often gateways died at each named point. `python -m tests.simulation.topics FIRST-LAST` runs others, and
`python -m tests.simulation.topics SEED [WORD...]` prints all that happened in one, or what of it holds these words.
"""

import sys
from collections import Counter

from tests.simulation.topics.checker import check
from tests.simulation.topics.plan import FAULTS, NAMED
from tests.simulation.topics.world import run

ALL = range(1_000)


def show(seed: int, words: list[str]) -> None:
    """Print a seed's history and verdicts."""
    history = run(seed).history
    for event in history.told():
        if all(word in str(event) for word in words):
            print(event)
    print(*check(history), sep="\n")


def run_all(seeds: range) -> bool:
    """Run seeds, print what came of them, and return whether every promise was kept."""
    counts, broken = Counter[object](), 0
    for seed in seeds:
        result = run(seed)
        counts.update(result.crashes)
        counts.update(result.faults)
        counts.update(type(event).__name__ for event in result.history)
        violations = check(result.history)
        broken += bool(violations)
        for violation in violations:
            print(f"seed {seed}: {violation}", flush=True)
    for name, point in NAMED.items():
        print(f"{counts[point]:7}  died: {name}")
    for what in (*FAULTS, *sorted(what for what in counts if type(what) is str)):
        print(f"{counts[what]:7}  {what}")
    print(f"{len(seeds)} seeds, {broken} with a broken promise")
    return not broken


if __name__ == "__main__":
    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else f"{ALL[0]}-{ALL[-1]}").partition("-")
    if last:
        sys.exit(not run_all(range(int(first), int(last) + 1)))
    show(int(first), sys.argv[2:])
