"""How long a notification takes from the start of its POST to a stock client's handler, on an idle system.

python -m tests.bench.latency                        starts a system of its own
python -m tests.bench.latency --url URL --sub USER --token TOKEN   measures one that runs
"""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from tests.support.node import Node, install_client
from tests.support.stack import run_stack

_WARM_UP = 50


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure POST-to-socket latency.")
    parser.add_argument("--url", help="where the system runs (default: one is started)")
    parser.add_argument("--sub", default="alice", help="the user the token speaks for")
    parser.add_argument("--token", help="the user's token, with the scope notifications:write")
    parser.add_argument("--posts", type=int, default=500)
    return parser.parse_args()


async def measure_own_system(posts: int) -> None:
    """Start PostgreSQL, NATS, two gateways and a worker, and measure them."""
    with tempfile.TemporaryDirectory(prefix="latency-") as folder:
        async with run_stack(Path(folder)) as stack:
            await asyncio.to_thread(measure, stack.url, "alice", stack.token("alice"), posts)


def measure(url: str, user: str, token: str, posts: int) -> None:
    """Measure and print."""
    install_client()
    argument = {"url": url, "user": user, "token": token, "posts": posts, "warmup": _WARM_UP}
    node = Node(shutil.which("node") or "node")
    (found,) = node.run("latency.js", argument, within=600)
    print(f"{posts} notifications, one after the other, in milliseconds")
    print(describe("POST to 201", found["answered"]))
    print(describe("POST to socket", found["milliseconds"]))


def describe(what: str, times: list[float]) -> str:
    """Return a line of percentiles."""
    ordered = sorted(times)
    figures = {f"p{share:g}": ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] for share in (50, 90, 99)}
    figures["max"] = ordered[-1]
    return f"{what:>15}: " + "  ".join(f"{name} {value:.2f}" for name, value in figures.items())


if __name__ == "__main__":
    given = parse_arguments()
    if given.url:
        measure(given.url, given.sub, given.token, given.posts)
    else:
        asyncio.run(measure_own_system(given.posts))
