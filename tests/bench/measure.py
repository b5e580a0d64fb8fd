"""Measures one system in one scenario, once."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from tests.bench.cpu import read_machine, read_process
from tests.bench.figures import Figure
from tests.bench.ladder import Ladder
from tests.bench.native import LANES, Crowd, Member, Seats, Seen, Sent, Stream, publish
from tests.bench.scenario import Arrive, Climb, Idle, Load, Scenario, Steady, Storm
from tests.bench.systems.system import Running, System

SETTLE, QUIET, POLL = 10.0, 1.0, 0.05
CONNECT_WITHIN = 60.0
PAGE = 4096
# A spell of other work must not end a climb
TRIES = 2
WARM, WARM_UPS = 200, 2
# A mark has room for four digits
_steps = itertools.cycle(range(1, 10_000))


class NotThereError(Exception):
    """The system refuses what the scenario needs; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where programs and orders are, how long a step takes, the processor of the clients, and whether they spin."""

    folder: Path
    seconds: float
    core: int
    spin: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds up to now, and when that is."""

    at: float
    ours: float
    machine: float


@dataclass(frozen=True, slots=True)
class Run:
    """One system that runs, under the bench."""

    bench: Bench
    system: System
    running: Running
    round: int
    scenario: str

    def figure(self, **values: float | int | None) -> Figure:
        return Figure(system=self.system.name, scenario=self.scenario, round=self.round, **values)  # type: ignore[arg-type]

    def seat(self, load: Load, **options: int | bool) -> tuple[Seats, list[tuple[str, int]]]:
        """Return the clients and the targets of a load."""
        rooms = load.seat()
        members = [
            Member(
                self.running.ports[number % len(self.running.ports)],
                self.running.token(f"u{number}", groups),
                tuple(self.system.room + group for group in groups),
            )
            for number, groups in enumerate(rooms)
        ]
        targets = load.aim(rooms)
        sequences = len(targets) + LANES if load.rate else 0
        seats = Seats(members, self.system.dialect, next(_steps), sequences, self.bench.core, spin=self.bench.spin)
        return replace(seats, **options), targets  # type: ignore[arg-type]

    def read_spent(self) -> Spent:
        ours = sum(read_process(pid) for pid in self.running.processes.values())
        return Spent(monotonic(), ours, read_machine()[0])

    @asynccontextmanager
    async def crowd(self, seats: Seats) -> AsyncIterator[tuple[Crowd, Seen]]:
        """Clients that are all connected. Raises NotThereError if one is refused."""
        crowd = await Crowd.start(self.bench.folder, seats)
        try:
            yield crowd, await wait_for(crowd, lambda seen: seen.ready == seen.count, CONNECT_WITHIN)
        finally:
            await crowd.close()

    async def step(self, load: Load) -> Figure:
        """Send for some seconds and count what arrives."""
        seats, targets = self.seat(load)
        async with self.crowd(seats) as (crowd, connected):
            before = self.read_spent()
            way = self.running.to_room if load.rooms else self.running.to_user
            stream = Stream(way, seats.step, load.rate, self.bench.seconds, targets, by_chance=not load.rooms)
            sent = await publish(self.bench.folder, stream)
            after = self.read_spent()
            check_sent(sent)
            seen = await settle(crowd, sent.deliveries)
        used = seen.cpu_seconds - connected.cpu_seconds
        passed = after.at - before.at
        ours = after.ours - before.ours
        elsewhere = max(0.0, after.machine - before.machine - ours - used - sent.cpu_seconds)
        late = sent.published < round(load.rate * self.bench.seconds)
        return self.figure(
            deliveries_per_second=seen.received / max(sent.seconds, self.bench.seconds),
            p50_ms=seen.latency_ms[0],
            p99_ms=float("inf") if late else seen.latency_ms[1],
            cpu_percent=100 * ours / passed,
            lost=sent.deliveries - seen.received,
            reordered=seen.reordered,
            generator_percent=100 * used / passed,
            elsewhere_percent=100 * elsewhere / passed,
        )


def check_sent(sent: Sent) -> None:
    if sent.refused:
        raise NotThereError(f"{sent.refused} of {sent.published} messages were refused: {sent.reason}")


async def wait_for(crowd: Crowd, done: Callable[[Seen], bool], within: float) -> Seen:
    """Return what was seen when `done` says so. Raises NotThereError if a client is refused or time is over."""
    deadline = monotonic() + within
    while not done(seen := await crowd.report()):
        if seen.refused:
            raise NotThereError(f"{seen.refused} clients were refused: {seen.reason}")
        if monotonic() > deadline:
            raise NotThereError(f"{seen.ready} of {seen.count} clients were ready after {within:g} s")
        await asyncio.sleep(POLL)
    return seen


async def settle(crowd: Crowd, expected: int) -> Seen:
    """Wait for all deliveries, as long as some arrive."""
    deadline, heard, before = monotonic() + SETTLE, monotonic(), -1
    while (seen := await crowd.report()).received < expected and monotonic() < deadline:
        if seen.received != before:
            heard, before = monotonic(), seen.received
        elif monotonic() > heard + QUIET:
            break
        await asyncio.sleep(POLL)
    return seen


async def measure(run: Run, scenario: Scenario, known: float | None) -> tuple[Figure, float | None]:
    """Return the figure, and the level that a ladder reached. `known` is the level reached in an earlier round."""
    match scenario:
        case Climb():
            return await climb(run, scenario, known)
        case Steady():
            await run.step(scenario.load)  # a first time, so that compilers at run time have seen it
            return await run.step(scenario.load), None
        case Arrive():
            return await arrive(run, scenario), None
        case Idle():
            return await idle(run, scenario), None
        case Storm():
            return await storm(run, scenario), None


async def climb(run: Run, scenario: Climb, known: float | None) -> tuple[Figure, float | None]:
    """Find the highest level that passes. A figure of nothing if none does."""
    ladder = scenario.ladder
    if known is not None:
        ladder = Ladder(min(known / 1.5, ladder.ceiling), ladder.ceiling)
    tried: dict[float, Figure] = {}
    passed: dict[float, bool] = {}
    while (level := ladder.next(tuple(passed.items()))) is not None:
        for _ in range(TRIES):
            figure = tried[level] = await run.step(scenario.load(level))
            passed[level] = not figure.lost and not figure.reordered and (figure.p99_ms or 0) < scenario.limit
            if passed[level]:
                break
    best = max((level for level, good in passed.items() if good), default=None)
    return (tried[best], best) if best is not None else (run.figure(deliveries_per_second=0.0), None)


async def arrive(run: Run, scenario: Arrive) -> Figure:
    """Connect as many as can be, when the server has done it before, then at a steady rate."""
    for _ in range(WARM_UPS):
        await come_and_go(run, scenario.clients)
    before = run.read_spent()
    seats, _ = run.seat(Load(scenario.clients, 0), at_once=scenario.at_once)
    async with run.crowd(seats) as (_, seen):
        after = run.read_spent()
    few = min(scenario.clients, int(scenario.rate * run.bench.seconds))
    slow, _ = run.seat(Load(few, 0), rate=scenario.rate)
    async with run.crowd(slow) as (_, steady):
        pass
    return run.figure(
        connections_per_second=seen.count / seen.connect_seconds,
        p50_ms=steady.connect_ms[0],
        p99_ms=steady.connect_ms[2],
        cpu_percent=100 * (after.ours - before.ours) / (after.at - before.at),
        generator_percent=100 * seen.cpu_seconds / (after.at - before.at),
    )


async def come_and_go(run: Run, clients: int) -> None:
    """Connect so many, let them go, and give the server the time to forget them."""
    seats, _ = run.seat(Load(clients, 0))
    async with run.crowd(seats):
        pass
    await asyncio.sleep(QUIET)


async def idle(run: Run, scenario: Idle) -> Figure:
    """Hold many, after some have come and gone so that what a server needs once is not counted."""
    await come_and_go(run, min(WARM, scenario.clients))
    before = read_memory(run.running.fronts)
    seats, _ = run.seat(Load(scenario.clients, 0))
    async with run.crowd(seats) as (crowd, _):
        await asyncio.sleep(run.bench.seconds)
        seen, after = await crowd.report(), read_memory(run.running.fronts)
    return run.figure(kb_per_connection=(after - before) / scenario.clients / 1024, lost=seen.closed)


async def storm(run: Run, scenario: Storm) -> Figure:
    """Cut all off, send, let all come back, and count what they get."""
    seats, targets = run.seat(Load(scenario.clients, 200, rooms=1, each=1), recover=True, at_once=1000)
    few, many = 5, scenario.missed
    async with run.crowd(seats) as (crowd, _):
        before = await send_some(run, seats, targets, few, after=0)
        await settle(crowd, before.deliveries)
        crowd.tell("cut")
        await wait_for(crowd, lambda seen: seen.closed == seen.count, CONNECT_WITHIN)
        await asyncio.sleep(QUIET)
        sent = await send_some(run, seats, targets, many, after=few)
        crowd.tell("back")
        await wait_for(crowd, lambda seen: seen.ready == seen.count, CONNECT_WITHIN)
        seen = await settle(crowd, sent.deliveries)
    return run.figure(
        deliveries_per_second=seen.received / max(seen.arrived_seconds, 0.001),
        connections_per_second=seen.count / seen.connect_seconds,
        p50_ms=seen.latency_ms[0],
        p99_ms=seen.latency_ms[1],
        lost=max(0, sent.deliveries - seen.received),
        reordered=seen.reordered,
    )


async def send_some(run: Run, seats: Seats, targets: Sequence[tuple[str, int]], count: int, after: int) -> Sent:
    stream = Stream(run.running.to_room, seats.step, 200, count / 200, targets, lanes=1, after=after)
    sent = await publish(run.bench.folder, stream)
    check_sent(sent)
    return sent


def read_memory(pids: Sequence[int]) -> int:
    """Return the resident bytes of processes."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE for pid in pids)
