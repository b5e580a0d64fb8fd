"""How many notifications a second go from POST to socket without a queue that grows, and how long each takes.

python -m tests.bench.delivery [--rates 1500 3000 4000] [--seconds 60] [--users 200]

PostgreSQL, NATS, one gateway, one worker and the load, all on this machine.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import asyncpg
import msgspec

from tests.bench.cpu import list_children, read_process
from tests.bench.stream import Order, Report
from tests.bench.target import DURABLE
from tests.support.stack import HOST, Stack, run_stack
from tests.support.waiting import eventually

PRODUCERS = 8
WAITING = "SELECT count(*) FROM outbox WHERE queued_at <= now()"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the way from POST to socket.")
    parser.add_argument("--rates", type=float, nargs="+", default=[1500.0, 3000.0, 4000.0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--users", type=int, default=200)
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="delivery-") as folder:
        async with run_stack(Path(folder), gateways=1, workers=1, settings=DURABLE) as stack:
            database = await asyncpg.connect(stack.database)
            print("  rate      sent   arrived  wrong     p50     p99  slowest | waiting at most, at the end | cores")
            for rate in given.rates:
                await measure(stack, database, make_order(stack, rate, given), given.seconds)
            await database.close()


def make_order(stack: Stack, rate: float, given: argparse.Namespace) -> Order:
    return Order(
        host=HOST,
        port=stack.port,
        rate=rate,
        seconds=given.seconds,
        producers=tuple(stack.token(f"producer-{number}") for number in range(PRODUCERS)),
        devices={user: stack.token(user) for user in (f"user-{number}" for number in range(given.users))},
    )


async def measure(stack: Stack, database: "asyncpg.Connection[asyncpg.Record]", order: Order, seconds: float) -> None:
    """Measure at one rate and print a line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.stream"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.close()
    assert await process.stdout.readline() == b"begin\n", "the load failed"
    before, waiting = read_spent(stack, process.pid), []
    ending = asyncio.ensure_future(process.stdout.readline())
    while not ending.done():
        waiting.append(await database.fetchval(WAITING))
        await asyncio.wait([ending], timeout=1)
    spent = {name: (after - before[name]) / seconds for name, after in read_spent(stack, process.pid).items()}
    report = msgspec.json.decode(await process.stdout.read(), type=Report)
    await process.wait()
    print(describe(order.rate, report, waiting), ", ".join(f"{name} {cores:.2f}" for name, cores in spent.items()))
    sys.stdout.flush()
    await eventually(lambda: is_idle(database), within=600, what="an empty outbox", pause=1)


def describe(rate: float, report: Report, waiting: list[int]) -> str:
    times = f"{report.p50:7.1f} {report.p99:7.1f} {report.slowest:8.1f}"
    counts = f"{report.sent:9} {report.arrived:9} {report.wrong:6}"
    return f"{rate:6.0f} {counts} {times} | {max(waiting):15}, {waiting[-1]:10} |"


def read_spent(stack: Stack, load: int) -> dict[str, float]:
    """Processor seconds of each process so far."""
    spent = {name: read_process(workload.pid) for name, workload in stack.workloads.items()}
    postgres = sum(read_process(pid) for pid in [stack.postgres.pid, *list_children(stack.postgres.pid)])
    return {**spent, "nats": read_process(stack.nats.pid), "postgres": postgres, "load": read_process(load)}


async def is_idle(database: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return bool(await database.fetchval(WAITING) == 0)


if __name__ == "__main__":
    asyncio.run(main(parse_arguments()))
