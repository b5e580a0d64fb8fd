"""How many notifications are accepted a second, how long each takes, and what each costs in processor time.

python -m tests.bench.accept           PostgreSQL, NATS, one gateway, one worker, the load: all on this machine
python -m tests.bench.accept --local   the same against what `make run` starts
python -m tests.bench.accept --crash   kills PostgreSQL in the middle, then looks for every notification accepted

Each step is preceded by the same load on an aiohttp server that does nothing. Backlogs are worked off between steps.
"""

import argparse
import asyncio
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import asyncpg
import msgspec

from tests.bench.cpu import list_children, read_machine, read_process
from tests.bench.load import Order, Report
from tests.bench.target import Target, start_hello, start_local_run, start_stack
from tests.support.stack import HOST
from tests.support.waiting import eventually

PRODUCERS = 8
DRAINED_WITHIN = 600.0
SETTINGS = "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size"
BACKENDS = "SELECT pid, 'for ' || application_name AS name FROM pg_stat_activity WHERE application_name <> ''"
WAITING = "SELECT count(*) AS waiting, count(*) FILTER (WHERE published_at IS NULL) AS unpublished FROM outbox"

MACHINE, ELSEWHERE, STOLEN = "the whole machine", "whatever else runs here", "taken by the hypervisor"

Spent = dict[str, float]
"""Processor seconds by process, and by the machine as a whole."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the accept path.")
    parser.add_argument("--local", action="store_true", help="against what `make run` starts")
    parser.add_argument("--crash", action="store_true", help="kill PostgreSQL in the middle")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64, 256])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each step is measured")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    start = start_local_run if given.local else start_stack
    with tempfile.TemporaryDirectory(prefix="accept-") as folder:
        async with start(Path(folder), PRODUCERS) as target:
            await tell_surroundings(target, Path(folder))
            if given.crash:
                await crash(target, Path(folder) / "ids", given.connections[-1], given.seconds)
            else:
                await climb(target, given.connections, given.seconds)


async def tell_surroundings(target: Target, folder: Path) -> None:
    """Print what figures depend on."""
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    commit = run_and_read("git", "describe", "--always", "--dirty")
    disk = run_and_read("stat", "--file-system", "--format=%T", str(folder))
    settings = [f"{name} {await target.database.fetchval(f'SHOW {name}')}" for name in SETTINGS]
    print(f"{cores} cores,{model.partition(':')[2]}, Linux {platform.release()}, Python {platform.python_version()}")
    print(f"commit {commit}, data on {disk}, PostgreSQL with {', '.join(settings)}\n")


async def climb(target: Target, steps: list[int], seconds: float) -> None:
    """Measure at one number of connections after the other."""
    print("connections  accepted/s     p50     p99  slowest  503  wrong | hello/s     p50     p99 | part | waiting")
    costs: dict[int, tuple[Report, Spent]] = {}
    told = await target.stored()
    async with start_hello() as hello:
        for connections in steps:
            bare, _ = await load(Order(host=HOST, port=hello, connections=connections, seconds=seconds / 2), None)
            order = make_order(target, connections, seconds)
            costs[connections] = report, _ = await load(order, target)
            stored, told = await target.stored(), told + report.told
            assert stored == told, f"{told} notifications were accepted, {stored} are there"
            waiting = await target.database.fetchrow(WAITING)
            assert waiting is not None
            print(
                f"{connections:11}  {describe(report)} {report.slowest:8.1f} {report.postponed:4} "
                f"{sum(report.wrong.values()):6} | {describe(bare)} | {report.rate / bare.rate:4.2f} "
                f"| {waiting['waiting']} (unpublished {waiting['unpublished']})",
                flush=True,
            )
            if report.wrong:
                print(f"wrong answers by status: {report.wrong}")
            await eventually(lambda: is_idle(target), within=DRAINED_WITHIN, what="an empty outbox", pause=1)
    tell_costs(costs)


async def is_idle(target: Target) -> bool:
    return await target.waiting() == 0


def describe(report: Report) -> str:
    return f"{report.rate:10.0f} {report.p50:7.1f} {report.p99:7.1f}"


def make_order(target: Target, connections: int, seconds: float) -> Order:
    return Order(host=HOST, port=target.port, connections=connections, seconds=seconds, tokens=target.tokens)


def tell_costs(costs: Mapping[int, tuple[Report, Spent]]) -> None:
    """Print a line a process."""
    names = {name: None for _, spent in costs.values() for name, seconds in spent.items() if seconds > 0}
    print("\nprocessor time: microseconds a notification accepted, and (cores busy), by connections")
    print(f"{'':28}" + "".join(f"{connections:>16}" for connections in costs))
    for name in names:
        cells = [
            f"{spent.get(name, 0) / max(1, report.accepted) * 1e6:.0f} ({spent.get(name, 0) / report.seconds:.2f})"
            for report, spent in costs.values()
        ]
        print(f"{name:28}" + "".join(f"{cell:>16}" for cell in cells))


async def load(order: Order, target: Target | None, midway: Callable[[], None] | None = None) -> tuple[Report, Spent]:
    """Run the load generator; `midway` is called a third into it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.load"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.close()
    assert await process.stdout.readline() == b"begin\n", "the load generator failed"
    before = await read_spent(target, process.pid)
    if midway is not None:
        await asyncio.sleep(order.seconds / 3)
        midway()
    assert await process.stdout.readline() == b"end\n", "the load generator failed"
    after = await read_spent(target, process.pid)
    report = msgspec.json.decode(await process.stdout.read(), type=Report)
    await process.wait()
    return report, subtract(after, before)


def subtract(after: Spent, before: Spent) -> Spent:
    """What was spent between two readings, and how much of the machine's was not ours."""
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    machine, stolen = spent.pop(MACHINE, 0.0), spent.pop(STOLEN, 0.0)
    return {**spent, ELSEWHERE: machine - sum(spent.values()), STOLEN: stolen}


async def read_spent(target: Target | None, generator: int) -> Spent:
    """Read the processor time that everything has used so far."""
    if target is None:
        return {}
    spent = {name: read_process(pid) for name, pid in target.processes.items()}
    names = {}
    if not target.database.is_closed():
        names = {row["pid"]: row["name"] for row in await target.database.fetch(BACKENDS)}
    backends: defaultdict[str, float] = defaultdict(float)
    for pid in list_children(target.postgres):
        backends[f"postgres {names.get(pid, 'itself')}"] += read_process(pid)
    backends["postgres itself"] += read_process(target.postgres)
    machine, stolen = read_machine()
    return {**spent, **backends, "load generator": read_process(generator), MACHINE: machine, STOLEN: stolen}


async def crash(target: Target, ids: Path, connections: int, seconds: float) -> None:
    """Kill PostgreSQL under load; AssertionError unless it then has every notification that was answered with 201."""
    assert target.crash is not None, "only our own PostgreSQL is killed"
    order = msgspec.structs.replace(make_order(target, connections, seconds), ids=str(ids))
    report, _ = await load(order, target, target.crash)
    told = ids.read_text().split()
    database = await asyncpg.connect(target.uri)
    found = await database.fetchval("SELECT count(*) FROM notifications WHERE id = ANY($1::uuid[])", told)
    rows = await database.fetchval("SELECT count(*) FROM notifications")
    await database.close()
    print(f"{connections} connections, {seconds:g} s, PostgreSQL killed after a third: {len(told)} answered with 201,")
    print(f"{report.postponed} with 503 and asked again, wrong answers {report.wrong}; found {found}, in all {rows}")
    assert found == len(set(told)) == len(told), "an accepted notification is lost"
    assert not report.wrong, "a request got neither 201 nor 503"


def run_and_read(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    asyncio.run(main(parse_arguments()))
