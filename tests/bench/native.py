"""The programs of the load in C: compiled where there is a compiler, run on a processor of their own."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

HERE = Path(__file__).parent
SOURCES = HERE / "native/crowd.c", HERE / "native/publish.c", HERE / "peers/send.c"
PROGRAMS = HERE.parents[1] / "dist/bench"
LANES = 16


def find_compiler() -> str | None:
    """Return the C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build() -> None:
    """Compile all programs into PROGRAMS; each has its source's name."""
    compiler = find_compiler()
    assert compiler is not None, "no C compiler was found, which the load needs: on Debian, apt install gcc libc6-dev"
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", PROGRAMS / source.stem, source], check=True)


@dataclass(frozen=True, slots=True)
class Member:
    """A client: where it connects, its token, and the rooms it joins by the names that the server knows."""

    port: int
    token: str
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seats:
    """Clients that connect: `at_once` at a time, or `rate` a second. `core` is the processor for them."""

    members: Sequence[Member]
    dialect: str
    step: int
    sequences: int
    core: int
    at_once: int = 100
    rate: int = 0
    spin: bool = False
    recover: bool = False

    def write(self) -> str:
        """Return the order as the program reads it."""
        numbers = self.step, self.sequences, self.at_once, self.rate, int(self.spin), int(self.recover)
        lines = [" ".join([str(one.port), one.token, *one.rooms]) for one in self.members]
        return "\n".join([self.dialect, " ".join(map(str, numbers)), str(len(lines)), *lines, ""])


class Seen(msgspec.Struct, rename="camel"):
    """What the clients have seen so far. Latencies: half, 99 % and all of the messages; connects: 50, 95 and 99 %."""

    count: int
    ready: int
    closed: int
    again: int
    refused: int
    reason: str
    connect_seconds: float
    connect_ms: tuple[float, float, float]
    received: int
    reordered: int
    latency_ms: tuple[float, float, float]
    arrived_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """The clients, in one process."""

    _process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, folder: Path, seats: Seats) -> Self:
        """Begin to connect."""
        order = folder / "crowd-order"
        order.write_text(seats.write())
        process = await asyncio.create_subprocess_exec(
            PROGRAMS / "crowd", order, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        os.sched_setaffinity(process.pid, {seats.core})
        return cls(process)

    async def report(self) -> Seen:
        """Ask what was seen."""
        self.tell("report")
        assert self._process.stdout is not None
        return msgspec.json.decode(await self._process.stdout.readline(), type=Seen)

    def tell(self, command: str) -> None:
        """Give a command that has no answer: `cut` or `back`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    async def close(self) -> None:
        """Cut all connections."""
        self._process.kill()
        await self._process.communicate()


@dataclass(frozen=True, slots=True)
class Way:
    """How a system is told to send to a target: `kind` is socketio, http or nats; see publish.c for the templates."""

    kind: str
    ports: tuple[int, ...]
    login: str = ""
    head: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """Messages at a steady rate to targets, each with how many clients it reaches."""

    way: Way
    step: int
    rate: float
    seconds: float
    targets: Sequence[tuple[str, int]]
    by_chance: bool = False
    lanes: int = LANES
    after: int = 0

    def write(self) -> str:
        """Return the order as the program reads it."""
        numbers = self.step, self.rate, self.seconds, self.lanes, int(self.by_chance), self.after
        way, ports = self.way, " ".join(map(str, self.way.ports))
        targets = [f"{name} {weight}" for name, weight in self.targets]
        return "\n".join([way.kind, " ".join(map(str, numbers)), ports, way.login, way.head, way.body, *targets, ""])


class Sent(msgspec.Struct, rename="camel"):
    """What was published; `deliveries` is how many arrivals follow from it."""

    published: int
    deliveries: int
    accepted: int
    refused: int
    reason: str
    late_ms: float
    seconds: float
    cpu_seconds: float


async def publish(folder: Path, stream: Stream) -> Sent:
    """Send the stream to its end."""
    order = folder / "publish-order"
    order.write_text(stream.write())
    process = await asyncio.create_subprocess_exec(PROGRAMS / "publish", order, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert process.returncode == 0, "the publisher failed"
    return msgspec.json.decode(printed, type=Sent)
