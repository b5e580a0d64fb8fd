"""How a process talks to servers: every call takes time, may be lost either way, and is a place to die.

A call is served in no process's context: what a server has received it does, even if the caller dies meanwhile.
A caller that died is never answered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import TypeVar

from notifications.domain.errors import CommitUnknown, Unavailable
from tests.simulation.crashes import CrashPoint, Phase
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.weather import Fault, Weather

T = TypeVar("T")


@dataclass(slots=True)
class Server:
    """A server that may be away for a while."""

    name: str
    away: bool = False
    at_return: list[Callable[[], object]] = field(default_factory=list)

    def is_away(self) -> bool:
        """Say so now; it may change while one waits for it."""
        return self.away

    def come_back(self) -> None:
        """End the outage, if there is one, and tell those who wait for that."""
        if self.away:
            self.away = False
            for act in self.at_return:
                act()


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a server. `writes`: a lost answer leaves the outcome unknown.

    `held`: the server lets go of it as soon as the caller is dead, such as a transaction or a waiting fetch.
    `latency` is the longest that it takes one way on a good day, in seconds.
    """

    server: Server
    name: str
    writes: bool = False
    held: bool = False
    latency: float = 0.004


class Wire:
    """The connections of one life of a process."""

    def __init__(self, role: str, process: Process, weather: Weather, loop: VirtualLoop) -> None:
        self.process = process
        self.weather = weather
        self.loop = loop
        self._role = role
        self._held: dict[asyncio.Task[None], None] = {}
        self._at_death: list[Callable[[], object]] = []

    def at_death(self, act: Callable[[], object]) -> None:
        """Do this when the process dies, for those who notice."""
        self._at_death.append(act)

    def die(self) -> None:
        """End the process at once; harmless to repeat."""
        if not self.process.alive:
            return
        self.loop.kill(self.process)
        for task in self._held:
            task.cancel()
        for act in self._at_death:
            self.loop.call_soon(act, context=Context())

    def dies(self, call: str, phase: Phase) -> bool:
        """Die here if this is where the seed wants it. The code that runs goes on to its next await, to no effect."""
        if not self.process.alive or not self.weather.dooms(CrashPoint(self._role, call, phase), self.loop.time()):
            return False
        self.die()
        return True

    def strikes(self, fault: Fault, what: str) -> bool:
        """Decide whether a fault happens to this process on this occasion."""
        return self.weather.strikes(fault, f"{self.process.name} {what}", self.loop.time())

    async def call(self, call: Call, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask a server and return its answer. Raises what it raises, Unavailable, or CommitUnknown."""
        if self.loop.burying:
            raise asyncio.CancelledError
        self.dies(call.name, Phase.BEFORE)
        answer: asyncio.Future[T] = self.loop.create_future()
        if self.process.alive:
            self._send(call, ask, answer)
        return await answer

    def _send(self, call: Call, ask: Callable[[], Awaitable[T]], answer: asyncio.Future[T]) -> None:
        if not call.held and self.dies(call.name, Phase.UNSERVED):
            return
        task = self.loop.create_task(self._serve(call, ask, answer), context=Context())
        if call.held:
            self._held[task] = None
            task.add_done_callback(lambda done: self._held.pop(done, None), context=Context())
            answer.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)
        else:
            self.dies(call.name, Phase.SERVED)

    async def _serve(self, call: Call, ask: Callable[[], Awaitable[T]], answer: asyncio.Future[T]) -> None:
        await asyncio.sleep(self._latency(call))
        outcome = await self._outcome(call, ask)
        await asyncio.sleep(self._latency(call))
        is_idle = call.held and not outcome
        if not is_idle:  # dying with empty hands proves nothing
            self.dies(call.name, Phase.AFTER)
        if answer.done():
            return
        if isinstance(outcome, _Failure):
            answer.set_exception(outcome.error)
        else:
            answer.set_result(outcome)

    async def _outcome(self, call: Call, ask: Callable[[], Awaitable[T]]) -> "T | _Failure":
        lost = CommitUnknown if call.writes else Unavailable
        if call.server.is_away():
            return _Failure(Unavailable(f"{call.server.name} is away"))
        if self.strikes(Fault.LOST_REQUEST, call.name):
            return _Failure(lost(f"the request {call.name} was lost"))
        try:
            result = await ask()
        except Exception as error:
            return _Failure(error)
        if call.server.is_away() or self.strikes(Fault.LOST_ANSWER, call.name):
            return _Failure(lost(f"the answer to {call.name} was lost"))
        return result

    def _latency(self, call: Call) -> float:
        return self.weather.latency(f"{self.process.name} {call.name}", self.loop.time(), call.latency)


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception
