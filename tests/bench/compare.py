"""notification-gateway and its peers, in rounds that take turns on the same machine.

python -m tests.bench.compare                        5 rounds of everything; writes results, table and picture
python -m tests.bench.compare --quick                one small round of everything; writes nothing
python -m tests.bench.compare --scenarios room hot-room --systems socket.io notification-gateway --rounds 3

Server, broker and publisher have one processor, the clients another one. What is measured again replaces what was.
"""

import argparse
import asyncio
import os
import platform
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.bench.figures import Figure, spread
from tests.bench.measure import Bench, NotThereError, Run, measure
from tests.bench.native import build, find_compiler
from tests.bench.report import Rounds, read_rounds, show, write
from tests.bench.scenario import Scenario, plan
from tests.bench.systems.centrifugo import Centrifugo
from tests.bench.systems.gateway import Gateway
from tests.bench.systems.peers import PEER_SYSTEMS
from tests.bench.systems.system import System

SYSTEMS: dict[str, System] = {system.name: system for system in (Gateway(), *PEER_SYSTEMS, Centrifugo())}
QUICK = 0.05


@dataclass(slots=True)
class Comparison:
    """What is measured, and what was found so far: figures, levels that ladders reached, reasons for what is absent."""

    bench: Bench
    scenarios: dict[str, Scenario]
    systems: Sequence[System]
    figures: list[Figure] = field(default_factory=list)
    reached: dict[tuple[str, str], float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def leave_out_missing(self) -> None:
        """Say which systems cannot run here, and go on without them."""
        for system in self.systems:
            if reason := system.find_missing():
                self._miss(system.name, reason)
        self.systems = [system for system in self.systems if system.name not in self.absent]

    async def go_round(self, number: int) -> None:
        """Measure every system in every scenario, each beside the others."""
        for name, scenario in self.scenarios.items():
            for system in self.systems:
                if name in system.scenarios and f"{system.name}, {name}" not in self.absent:
                    await self._measure(system, name, scenario, number)

    async def _measure(self, system: System, name: str, scenario: Scenario, number: int) -> None:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            try:
                async with system.start(Path(folder), name) as running:
                    run = Run(self.bench, system, running, number, name)
                    figure, level = await measure(run, scenario, self.reached.get((system.name, name)))
            except NotThereError as error:
                self._miss(f"{system.name}, {name}", f"not there yet: {error}")
                return
        self.figures.append(figure)
        if level is not None:
            self.reached[system.name, name] = level
        print(f"{number}  {name:11} {system.name:24} {tell(figure)}", flush=True)

    def _miss(self, what: str, why: str) -> None:
        self.absent[what] = why
        print(f"left out: {what}: {why}", flush=True)


def tell(figure: Figure) -> str:
    """Return a line's figures."""
    cells = {
        "deliveries/s": figure.deliveries_per_second,
        "connections/s": figure.connections_per_second,
        "KB": figure.kb_per_connection,
        "p50 ms": figure.p50_ms,
        "p99 ms": figure.p99_ms,
        "CPU %": figure.cpu_percent,
        "generator %": figure.generator_percent,
        "others %": figure.elsewhere_percent,
    }
    said = [f"{show(value)} {name}" for name, value in cells.items() if value is not None]
    return ", ".join([*said, f"lost {figure.lost}, reordered {figure.reordered}"])


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare notification-gateway with its peers.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each step lasts, at most 20")
    parser.add_argument("--quick", action="store_true", help="one round of small crowds, a second each; writes nothing")
    parser.add_argument("--print-only", action="store_true", help="write nothing, as on a machine that is busy")
    parser.add_argument(
        "--spin", action="store_true", help="the clients never sleep, which spares servers their wake-up"
    )
    parser.add_argument("--scenarios", nargs="+", choices=plan(), default=list(plan()))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    compiler = find_compiler()
    assert compiler is not None, "make bench needs a C compiler for its load: on Debian, apt install gcc libc6-dev"
    server, clients = choose_cores()
    describe_commit()
    scenarios = {name: one for name, one in plan(QUICK if given.quick else 1.0).items() if name in given.scenarios}
    with tempfile.TemporaryDirectory(prefix="bench-load-") as folder:
        build()
        bench = Bench(Path(folder), 1.0 if given.quick else given.seconds, clients, given.spin)
        comparison = Comparison(bench, scenarios, [SYSTEMS[name] for name in given.systems])
        comparison.leave_out_missing()
        os.sched_setaffinity(0, {server})
        for number in range(1, 2 if given.quick else given.rounds + 1):
            await comparison.go_round(number)
            if not given.quick and not given.print_only:
                write(merge(read_rounds(), comparison, given), {name: one.text for name, one in plan().items()})


def choose_cores() -> tuple[int, int]:
    """Return the processors of servers and clients, and let every process open as many files as may be."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        print("there is one processor only: clients and servers share it, and figures say little")
    return cores[0], cores[-1]


def merge(before: Rounds | None, found: Comparison, given: argparse.Namespace) -> Rounds:
    """Return all figures: the new ones in place of those of the same systems and scenarios."""
    measured = {(figure.system, figure.scenario) for figure in found.figures}
    kept = [figure for figure in before.figures if (figure.system, figure.scenario) not in measured] if before else []
    return Rounds(describe_surroundings(found.figures, given), describe_commit(), kept + found.figures, found.absent)


def describe_surroundings(figures: Sequence[Figure], given: argparse.Namespace) -> list[str]:
    """Return what figures depend on."""
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    others = spread(figure.elsewhere_percent for figure in figures if figure.elsewhere_percent is not None)
    busy = f"other programs took {show(others.middle)} % of a processor (median)" if others else "load not watched"
    manner = "never sleep" if given.spin else "sleep until something arrives"
    return [
        f"{model.partition(':')[2].strip()}, Linux {platform.release()}, Python {platform.python_version()},",
        f"commit {describe_commit()}; steps of {given.seconds:g} s, clients {manner}; {busy}.",
    ]


@cache
def describe_commit() -> str:
    """Return what is measured. Asked once, before results are written beside it."""
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    asyncio.run(main(parse_arguments()))
