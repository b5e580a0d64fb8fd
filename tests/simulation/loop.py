"""A deterministic asyncio event loop: one thread, virtual time, no IO, and a seed for what asyncio leaves open.

Time jumps to the next timer when nothing is ready to run. Callbacks run in the order in which they became ready, as
asyncio promises; timers due at one instant run in seeded order, since asyncio promises nothing there. Tasks and futures
hash by the order of their creation, so that a set of them is walked in the same order in every run.

Every callback belongs to the process in whose context it was scheduled. A callback of a dead process is never run:
to its coroutines a crash looks like `kill -9`, no `finally` and no `except` gets a say. A frozen process keeps its
callbacks for later, like one that was stopped and continued.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar, TypeVarTuple, cast

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MAX_STEPS_AT_ONCE = 100_000
BURIAL = 600.0


class Stalled(Exception):
    """The run cannot go on: nothing is left to happen, too much happens at one instant, or time is up."""


class Process:
    """One life of a simulated process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.frozen: list[Step] | None = None


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class Step(asyncio.TimerHandle):
    """A callback and the process that it belongs to."""

    __slots__ = ("process",)

    def __init__(
        self, when: float, work: tuple[Callable[..., object], Sequence[Any]], loop: "VirtualLoop", context: Context
    ) -> None:
        super().__init__(when, *work, loop, context)
        self.process = context.get(PROCESS)


class _Task(asyncio.Task[T]):
    def __init__(self, work: Coroutine[Any, Any, T], *, loop: "VirtualLoop", **options: Any) -> None:
        self.number = loop.count()  # before the parent's constructor, which already hashes
        context: Context | None = options.get("context")
        self.process = PROCESS.get() if context is None else context.get(PROCESS)
        super().__init__(work, loop=loop, **options)

    def __hash__(self) -> int:
        return self.number


class _Future(asyncio.Future[T]):
    def __init__(self, *, loop: "VirtualLoop") -> None:
        self.number = loop.count()
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs until a deadline of virtual seconds; `errors` holds what live processes let escape."""

    def __init__(self, random: Random, deadline: float) -> None:
        self.errors: list[str] = []
        self.steps = 0
        self._random = random
        self._deadline = deadline
        self._now = 0.0
        self._count = 0
        self.burying = False
        self._ready: deque[Step] = deque()
        self._timers: list[tuple[float, float, int, Step]] = []
        self._crashed: list[_Task[Any]] = []
        self._unrun: list[Step] = []

    def count(self) -> int:
        """Return 1, 2, 3, ..."""
        self._count += 1
        return self._count

    def kill(self, process: Process) -> None:
        """End a process as `kill -9` does. Its tasks are kept, or the garbage collector would run their `finally`."""
        process.alive = False
        self._crashed += sorted(self._tasks_of(process), key=hash)

    def freeze(self, process: Process, seconds: float) -> None:
        """Stop a process for a while."""
        if process.frozen is None:
            process.frozen = []
            self.call_later(seconds, self._thaw, process, context=Context())

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run to the end of `future`. Raises Stalled when it cannot end."""
        task: asyncio.Future[T] = asyncio.ensure_future(cast(Awaitable[T], future), loop=self)
        asyncio._set_running_loop(self)
        try:
            while not task.done():
                self._run_what_is_ready()
                if not task.done():
                    self._pass_time()
        finally:
            asyncio._set_running_loop(None)
        return task.result()

    def bury(self) -> None:
        """Cancel what is left, of the living and of the dead, so that no coroutine is destroyed while it is pending.

        Raises Stalled when something does not end.
        """
        self.burying = True
        self._deadline = self._now + BURIAL
        self._ready.extend(self._unrun)
        while left := self._find_unburied():
            for task in left:
                task.cancel()
            self.run_until_complete(asyncio.wait(left))
        self._crashed.clear()
        self._unrun.clear()

    def time(self) -> float:
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        step = Step(self._now, (callback, args), self, copy_context() if context is None else context)
        self._ready.append(step)
        return step

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        step = Step(when, (callback, args), self, copy_context() if context is None else context)
        heapq.heappush(self._timers, (when, self._random.random(), self.count(), step))
        return step

    def create_future(self) -> asyncio.Future[Any]:
        return _Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task: _Task[Any] = _Task(coro, loop=self, **options)
        if task.process is not None and not task.process.alive:
            self._crashed.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        process = PROCESS.get()
        if not self.burying and (process is None or process.alive):
            self.errors.append(f"{context['message']}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave it in the heap: it is passed over when its time comes."""

    def _run_what_is_ready(self) -> None:
        steps = 0
        while self._ready:
            steps += 1
            if steps > MAX_STEPS_AT_ONCE:
                raise Stalled(f"more than {MAX_STEPS_AT_ONCE} steps at {self._now:.3f} s: something spins")
            self._run(self._ready.popleft())
        self.steps += steps

    def _run(self, step: Step) -> None:
        process = step.process
        if step.cancelled():
            return
        if process is None or self.burying:
            step._run()
        elif not process.alive:
            self._unrun.append(step)
        elif process.frozen is not None:
            process.frozen.append(step)
        else:
            step._run()

    def _pass_time(self) -> None:
        while self._timers and self._timers[0][3].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stalled(f"nothing is left to happen at {self._now:.3f} s: a deadlock")
        self._now = max(self._now, self._timers[0][0])
        if self._now > self._deadline:
            raise Stalled(f"not done after {self._deadline} virtual seconds")
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(self._timers)[3])

    def _thaw(self, process: Process) -> None:
        kept, process.frozen = process.frozen or [], None
        self._ready.extend(kept)

    def _find_unburied(self) -> list[asyncio.Task[Any]]:
        """Return what has not ended, such as what others began as they were cancelled."""
        return sorted((task for task in {*self._crashed, *asyncio.all_tasks(self)} if not task.done()), key=hash)

    def _tasks_of(self, process: Process) -> list["_Task[Any]"]:
        return [task for task in asyncio.all_tasks(self) if isinstance(task, _Task) and task.process is process]
