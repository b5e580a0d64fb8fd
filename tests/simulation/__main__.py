"""Runs many seeds, or tells what happened in one.

`python -m tests.simulation` runs the seeds 0 to 999 one after the other and prints what was wrong, how often which
fault struck, and how often processes died at each named point. `python -m tests.simulation FIRST-LAST` runs others.
`python -m tests.simulation SEED [WORD...]` prints everything that happened in a seed, and what was wrong with it; with
words, only the events that hold one of them.
"""

import sys

from tests.simulation.checker import check
from tests.simulation.crashes import NAMED
from tests.simulation.plan import FAULTS
from tests.simulation.tally import Tally
from tests.simulation.world import run

ALL = range(1_000)


def show(seed: int, words: list[str]) -> None:
    """Print a seed's history and verdicts."""
    history = run(seed).history
    for event in history:
        if not words or any(word in str(event) for word in words):
            print(event)
    print(*check(history), sep="\n")


def run_all(seeds: range) -> bool:
    """Run seeds, print what came of them, and return whether every promise was kept and tested."""
    tally, broken = Tally(), 0
    for seed in seeds:
        result = run(seed)
        tally.add(result)
        violations = check(result.history)
        broken += bool(violations)
        for violation in violations:
            print(f"seed {seed}: {violation}", flush=True)
    for name, point in NAMED.items():
        print(f"{tally.what[point]:7}  died: {name}")
    for fault in FAULTS:
        print(f"{tally.what[fault]:7}  {fault}")
    for what, count in sorted((str(what), count) for what, count in tally.what.items() if isinstance(what, str | int)):
        print(f"{count:7}  {what}") if what not in FAULTS else None
    print(f"{tally.seeds} seeds, {broken} with a broken promise; too rare: {', '.join(tally.rare()) or 'nothing'}")
    return not broken and not tally.rare()


if __name__ == "__main__":
    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else f"{ALL[0]}-{ALL[-1]}").partition("-")
    if last:
        sys.exit(not run_all(range(int(first), int(last) + 1)))
    show(int(first), sys.argv[2:])
