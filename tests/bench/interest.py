"""Interest-based subjects against topics hashed to gateways: what three gateways on three NATS servers get to handle.

`python -m tests.bench.interest` prints, for topics that are followed at one, two and all gateways, messages and bytes
that gateways received and sent for each message said, and how long it took to reach the last of them.
"""

import asyncio
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from zlib import crc32

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.support.nats import dies_with_us, find_server
from tests.support.ports import free_port

GATEWAYS: Final = 3
TOPICS: Final = 100
MESSAGES: Final = 3_000
BODY: Final = b"x" * 512
PAUSE: Final = 0.001


class Rig:
    """Three connections, one to each server; `follows` says which of them have followers of a topic."""

    def __init__(self, clients: list[Client], spread: int) -> None:
        choose = random.Random(spread)
        self.clients = clients
        self.follows = [frozenset(choose.sample(range(GATEWAYS), spread)) for _ in range(TOPICS)]
        self.speakers = [(choose.randrange(GATEWAYS), choose.randrange(TOPICS)) for _ in range(MESSAGES)]
        self.said: list[float] = []
        self.heard: defaultdict[int, int] = defaultdict(int)
        self.times: list[float] = []

    def take(self, topic: int, body: bytes) -> None:
        """Take note that a gateway with followers has a message."""
        number = int(body[:8])
        self.heard[number] += 1
        if self.heard[number] == len(self.follows[topic]):
            self.times.append(time.perf_counter() - self.said[number])


async def listen_by_interest(rig: Rig) -> None:
    """Each gateway subscribes to what its sockets follow."""
    for gateway, client in enumerate(rig.clients):
        for topic in (topic for topic in range(TOPICS) if gateway in rig.follows[topic]):
            await client.subscribe(f"topic.{topic}", cb=_taking(rig, topic))


async def listen_by_hash(rig: Rig) -> None:
    """Each gateway subscribes to its share of all topics, and passes on what others have followers of."""
    for gateway, client in enumerate(rig.clients):
        for topic in range(TOPICS):
            if crc32(str(topic).encode()) % GATEWAYS == gateway:
                await client.subscribe(f"topic.{topic}", cb=_passing_on(rig, gateway, topic))
            elif gateway in rig.follows[topic]:
                await client.subscribe(f"passed.{gateway}.{topic}", cb=_taking(rig, topic))


def _taking(rig: Rig, topic: int) -> Callable[[Msg], Awaitable[None]]:
    async def take(message: Msg) -> None:
        rig.take(topic, message.data)

    return take


def _passing_on(rig: Rig, gateway: int, topic: int) -> Callable[[Msg], Awaitable[None]]:
    async def pass_on(message: Msg) -> None:
        for other in rig.follows[topic]:
            if other == gateway:
                rig.take(topic, message.data)
            else:
                await rig.clients[gateway].publish(f"passed.{other}.{topic}", message.data)

    return pass_on


async def measure(listen: Callable[[Rig], Awaitable[None]], urls: list[str], spread: int) -> str:
    """Return a row of the table."""
    clients = [await nats.connect(url) for url in urls]
    rig = Rig(clients, spread)
    await listen(rig)
    for client in clients:
        await client.flush()
    await asyncio.sleep(0.5)  # routes learn of interest behind the flush
    for number, (gateway, topic) in enumerate(rig.speakers):
        rig.said.append(time.perf_counter())
        await clients[gateway].publish(f"topic.{topic}", b"%08d" % number + BODY)
        await asyncio.sleep(PAUSE)
    async with asyncio.timeout(10):
        while len(rig.times) < MESSAGES:
            await asyncio.sleep(0.05)
    stats = [client.stats for client in clients]
    for client in clients:
        await client.close()
    received, sent = (sum(each[name] for each in stats) / MESSAGES for name in ("in_msgs", "out_msgs"))
    size = sum(each["in_bytes"] + each["out_bytes"] for each in stats) / MESSAGES
    centiles = statistics.quantiles(rig.times, n=100)
    name = listen.__name__.removeprefix("listen_").replace("_", " ")
    return (
        f"| {spread} | {name} | {received:.2f} | {sent:.2f} | {size:.0f} "
        f"| {centiles[49] * 1e3:.2f} | {centiles[98] * 1e3:.2f} |"
    )


def start_servers(folder: Path) -> tuple[list[subprocess.Popen[bytes]], list[str]]:
    """Start a cluster; return its processes and the addresses for clients."""
    ports, routes = [free_port() for _ in range(GATEWAYS)], [free_port() for _ in range(GATEWAYS)]
    processes = []
    for number, port in enumerate(ports):
        cluster = {"name": "bench", "listen": f"127.0.0.1:{routes[number]}"}
        peers = [f"nats://127.0.0.1:{route}" for route in routes]
        config = {
            "host": "127.0.0.1",
            "port": port,
            "server_name": f"n{number}",
            "cluster": {**cluster, "routes": peers},
        }
        file = folder / f"n{number}.conf"
        file.write_text(json.dumps(config))
        command = [*dies_with_us(), str(find_server()), "-c", str(file), "-l", str(folder / f"n{number}.log")]
        processes.append(subprocess.Popen(command))
    return processes, [f"nats://127.0.0.1:{port}" for port in ports]


async def main() -> None:
    """Measure both ways and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        processes, urls = start_servers(Path(folder))
        try:
            await asyncio.sleep(2)
            print("| followed at | way | received | sent | bytes | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|")
            for spread in range(1, GATEWAYS + 1):
                for listen in (listen_by_interest, listen_by_hash):
                    print(await measure(listen, urls, spread), flush=True)
        finally:
            for process in processes:
                process.kill()


if __name__ == "__main__":
    asyncio.run(main())
