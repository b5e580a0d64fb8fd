"""What a socket costs: processor time per delivered event and per handshake, memory per idle connection.

python -m tests.bench.fanout [--rounds 3]

The gateway's sockets, with sessions on the memory adapters and with metrics, against python-socketio on aiohttp as its
documentation sets it up, in turns on the same machine, both on uvloop, each in a process of its own. Prints medians of
the rounds and the ratio of each round.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from statistics import median
from typing import IO, cast

import uvloop

from tests.bench.cpu import read_process
from tests.support.frames import TEXT, UPGRADE, frame
from tests.support.ports import free_port
from tests.support.transport import WEBSOCKET

SYSTEMS = "gateway", "python-socketio"
FEW, MANY, AT_ONCE = 200, 2_000, 50
EVENTS, PER_SECOND = 200, 50
BODY = json.dumps({"id": "x" * 36, "content": "y" * 200}, separators=(",", ":"))
MARK = b'42["notification",'
HEAD = f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}\r\n".encode()
FIGURES = {
    "us of processor time per delivered event": (1e6, "{:8.2f}"),
    "us of processor time per handshake": (1e6, "{:8.1f}"),
    "KiB per idle connection": (1 / 1024, "{:8.1f}"),
}


class Client(asyncio.Protocol):
    """Connects, answers pings and counts events."""

    def __init__(self, number: int, events: list[int]) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self._connect = frame(TEXT, f'40{{"token":"user-{number}"}}'.encode())
        self._events = events
        self._said = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(HEAD)

    def data_received(self, data: bytes) -> None:
        if not self._said and b'0{"sid"' in data:
            self._said = True
            self._transport.write(self._connect)
        elif not self.ready.done() and b'40{"sid"' in data:
            self.ready.set_result(None)
        self._events[0] += data.count(MARK)


class Server:
    """A system in a process of its own, told by lines what to do."""

    def __init__(self, system: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "tests.bench.sockets", system, str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._say("ready")

    @property
    def seconds(self) -> float:
        """The processor time that it has used."""
        return read_process(self._process.pid)

    def read_memory(self) -> int:
        """The memory that it has, in bytes."""
        return int(self._say("memory"))

    async def send(self, events: int, per_second: int) -> None:
        """Send to all sockets, and return when it has."""
        await asyncio.to_thread(self._say, f"send {events} {per_second}")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, line: str) -> str:
        cast(IO[bytes], self._process.stdin).write(f"{line}\n".encode())
        cast(IO[bytes], self._process.stdin).flush()
        return cast(IO[bytes], self._process.stdout).readline().decode()


async def connect(port: int, count: int, events: list[int]) -> None:
    """Open connections, some at a time."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def open_one(number: int) -> None:
        async with gate:
            _, client = await loop.create_connection(lambda: Client(number, events), "127.0.0.1", port)
            await client.ready

    await asyncio.gather(*(open_one(number) for number in range(count)))


async def measure(system: str) -> list[float]:
    """Return the figures, in seconds and bytes."""
    server, events = Server(system), [0]
    try:
        await connect(server.port, FEW, events)
        await server.send(10, PER_SECOND)
        await asyncio.sleep(0.5)
        before, events[0] = server.seconds, 0
        await server.send(EVENTS, PER_SECOND)
        await asyncio.sleep(0.5)
        assert events[0] == EVENTS * FEW, f"{events[0]} of {EVENTS * FEW} arrived"
        event = (server.seconds - before) / events[0]
        memory, before = server.read_memory(), server.seconds
        await connect(server.port, MANY, events)
        await asyncio.sleep(0.5)
        return [event, (server.seconds - before) / MANY, (server.read_memory() - memory) / MANY]
    finally:
        server.stop()


def main(rounds: int) -> None:
    begun, found = time.monotonic(), [[uvloop.run(measure(system)) for system in SYSTEMS] for _ in range(rounds)]
    print(f"{FEW} sockets, {PER_SECOND} events a second to all; {MANY} more that are idle; {rounds} rounds")
    print(f"{'':42}" + "".join(f"{system:>16}" for system in SYSTEMS) + "   ratios")
    for number, (name, (factor, style)) in enumerate(FIGURES.items()):
        values = [median(one[system][number] for one in found) * factor for system in range(len(SYSTEMS))]
        ratios = sorted(one[1][number] / one[0][number] for one in found)
        print(f"{name:42}" + "".join(f"{style.format(value):>16}" for value in values), end="")
        print("   " + ", ".join(f"{ratio:.1f}" for ratio in ratios))
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure what sockets cost.")
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
