"""Keys that wait for work: each at most once, never two workers on one key, failures again later and later."""

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from .errors import ApiError, LeadershipLost, Unavailable

K = TypeVar("K", bound=Hashable)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how soon an event is acted upon, between failures (doubling), and until all is looked at again."""

    settle: float = 0.2
    first_retry: float = 0.5
    longest_retry: float = 120.0
    resync: float = 300.0
    workers: int = 4


DEFAULT_PACE: Final = Pace()


class WorkQueue(Generic[K]):
    """Calls `handle` for keys that are due; it returns in how many seconds to look again at the latest.

    None from `handle` forgets the key. What it raises is logged and tried again.
    """

    def __init__(
        self,
        handle: Callable[[K], Awaitable[float | None]],
        pace: Pace = DEFAULT_PACE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._handle = handle
        self._pace = pace
        self._chance = chance
        self._due: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = itertools.count()
        self._running: dict[K, float] = {}
        self._finished = float("-inf")
        self._failures: dict[K, int] = {}
        self._changed = asyncio.Event()

    def add(self, key: K, delay: float | None = None) -> None:
        """Have `key` handled in `delay` seconds, by default at once but for the time in which events settle."""
        due = _now() + (self._pace.settle if delay is None else delay)
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._heap, (due, next(self._order), key))
            self._changed.set()

    def list_keys(self) -> list[K]:
        """Return every key that is known: waiting or being handled."""
        return [*self._due, *(key for key in self._running if key not in self._due)]

    def measure_lag(self) -> float:
        """Return for how many seconds the most belated key has been due, or in work."""
        now = _now()
        return max(0.0, now - min((*self._due.values(), *self._running.values()), default=now))

    def measure_stall(self) -> float:
        """Return for how many seconds a key has been in work, or nothing has been finished although keys are due."""
        now = _now()
        idle_since = max(self._finished, min(self._due.values(), default=now))
        return max(0.0, now - min((idle_since, *self._running.values())))

    async def run(self) -> None:
        """Work until cancelled, also in the middle: whoever comes next finds out what is left to do."""
        slots = asyncio.Semaphore(self._pace.workers)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await slots.acquire()
                key = await self._take()
                tasks.create_task(self._work(key)).add_done_callback(lambda _: slots.release())

    async def _take(self) -> K:
        while True:
            self._changed.clear()
            waiting = self._heap[0][0] - _now() if self._heap else None
            if waiting is not None and waiting <= 0:
                due, _, key = heapq.heappop(self._heap)
                if self._due.get(key) == due and key not in self._running:
                    del self._due[key]
                    self._running[key] = _now()
                    return key
                continue
            await self._wait(waiting)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _work(self, key: K) -> None:
        try:
            again = await self._handle(key)
        except (ApiError, LeadershipLost) as error:
            _log.warning("%s will be tried again: %s", key, error)
            again = self._delay_retry(key, error)
        except Exception as error:
            _log.exception("%s met a fault of the operator itself and will be tried again", key)
            again = self._delay_retry(key, error)
        else:
            self._failures.pop(key, None)
        self._finish(key, again)

    def _delay_retry(self, key: K, error: Exception) -> float:
        failures = self._failures[key] = self._failures.get(key, -1) + 1
        delay = min(self._pace.first_retry * 2 ** min(failures, 20), self._pace.longest_retry)
        asked = error.retry_after if isinstance(error, Unavailable) else 0.0
        return float(max(asked, delay * (0.5 + self._chance() / 2)))

    def _finish(self, key: K, again: float | None) -> None:
        del self._running[key]
        self._finished = _now()
        waiting = self._due.pop(key, None)  # came back while it was in work
        if waiting is not None:
            self.add(key, max(0.0, waiting - _now()))
        if again is not None:
            self.add(key, min(again, self._pace.resync * (0.9 + self._chance() / 5)))


def _now() -> float:
    return asyncio.get_running_loop().time()
