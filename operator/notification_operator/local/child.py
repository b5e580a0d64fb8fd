"""One process of the cluster, kept alive from its start to its stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..errors import OperatorError
from ..topology import Process
from .backoff import Backoff
from .ending import Ending, explain_failed_start, explain_slow_start
from .launcher import launch, send_signal
from .progress import Progress, reminding
from .readiness import Probe
from .state import Life

POLL = 0.05
FIRST_START = 60.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one process is run.

    `command` is what is launched for `process`; `prepare` runs before each launch; `probe` asks the process with the
    given id whether it is ready; it gets `grace` seconds to stop.
    """

    process: Process
    command: tuple[str, ...]
    probe: Probe
    prepare: Callable[[], Awaitable[None]]
    grace: float


class Child:
    """Starts its process, starts it again with backoff when it dies, and stops it; says so in one line each."""

    def __init__(self, recipe: Recipe, progress: Progress, on_change: Callable[[], None]) -> None:
        self._recipe = recipe
        self._progress = progress
        self._on_change = on_change
        self._running: asyncio.subprocess.Process | None = None
        self._restarts = 0
        self._ready_since: float | None = None
        self._waits_for = "it is being started"
        self._started = asyncio.Event()  # ready for the first time, or failed to be
        self._failed: Ending | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def life(self) -> Life:
        """What is known of the process now."""
        return Life(self._recipe.process, self._running.pid if self._running else None, self._restarts)

    async def start(self) -> None:
        """Return when the process is ready; raise StartFailed or Refused when it ends before, or takes too long."""
        process, begin = self._recipe.process, _now()
        self._progress.step(process.name, "starting")
        self._keeper = asyncio.create_task(self._keep())
        async with reminding(self._progress, process.name, lambda: self._waits_for):
            await _wait(self._started, FIRST_START)
        if self._failed:
            raise explain_failed_start(process, self._failed)
        if not self._started.is_set():
            raise explain_slow_start(process, FIRST_START, self._waits_for)
        self._progress.done(process.name, f"ready after {_now() - begin:.1f} s")

    async def watch(self) -> None:
        """Return when the process is no longer kept alive; raise what went wrong in keeping it."""
        if self._keeper:
            await asyncio.shield(self._keeper)

    async def stop(self) -> None:
        """Ask the process to stop, kill it when its grace is over, and return when it is gone."""
        self._stopping.set()
        if self._keeper:
            await asyncio.wait({self._keeper})

    def kill(self) -> None:
        """End the process at once."""
        self._stopping.set()
        if self._running:
            send_signal(self._running, signal.SIGKILL)

    async def _keep(self) -> None:
        backoff = Backoff()
        while True:
            ending = await self._live()
            if self._stopping.is_set():
                return
            if not self._started.is_set():
                self._failed = ending
                self._started.set()
                return
            backoff = backoff.after_death(ending.ready_for)
            self._progress.warn(f"{ending.describe(self._recipe.process)}; starting it again in {backoff.delay:g} s")
            if await _wait(self._stopping, backoff.delay):
                return
            self._restarts += 1

    async def _live(self) -> Ending:
        try:
            await self._recipe.prepare()
            running = await launch(self._recipe.command, self._recipe.process.log)
        except (OSError, OperatorError) as error:
            return Ending(problem=str(error))
        self._change(running)
        watcher = asyncio.create_task(self._await_readiness())
        try:
            await self._await_end(running)
            ready_for = _now() - self._ready_since if self._ready_since is not None else 0.0
        finally:
            watcher.cancel()
            self._change(None)
        return Ending(code=running.returncode, ready_for=ready_for)

    def _change(self, running: asyncio.subprocess.Process | None) -> None:
        self._running, self._ready_since = running, None
        self._on_change()

    async def _await_readiness(self) -> None:
        while missing := await self._recipe.probe(self.life.pid):
            self._waits_for = missing
            await asyncio.sleep(POLL)
        self._ready_since = _now()
        if self._restarts:
            self._progress.done(self._recipe.process.name, "is back")
        self._started.set()

    async def _await_end(self, running: asyncio.subprocess.Process) -> None:
        ended, asked = asyncio.create_task(running.wait()), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                send_signal(running, self._recipe.process.stop_signal)
                await asyncio.wait({ended}, timeout=self._recipe.grace)
        finally:
            asked.cancel()
            await self._insist(running, ended)

    async def _insist(self, running: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
        if not ended.done():
            name, grace = self._recipe.process.name, self._recipe.grace
            self._progress.warn(f"{name} did not stop within {grace:g} s: killing it")
            send_signal(running, signal.SIGKILL)
            await ended


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    """Return whether `event` was set within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _now() -> float:
    return asyncio.get_running_loop().time()
