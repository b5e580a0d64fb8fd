"""A read replica, asked for lists only, and only while it keeps up with the primary."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Final, TypeVar

import asyncpg

from notifications.adapters.postgres.pool import Pool, Record
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import REPLICA_CHECK, REPLICA_LAG, REPLICA_TIMEOUT

T = TypeVar("T")
_log = logging.getLogger(__name__)

MARKS: Final = 1_000
SILENT: Final = "it does not answer in time"

PRIMARY: Final = """
SELECT (pg_current_wal_lsn() - '0/0')::bigint AS position, (SELECT value FROM epochs WHERE name = 'inbox') AS epoch
"""
REPLICA: Final = """
SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint AS position, pg_is_in_recovery() AS follows,
    (SELECT value FROM epochs WHERE name = 'inbox') AS epoch
"""


class Trail:
    """Where the primary's log was at which moment, by one clock: no two machines need agree on the time.

    A replica that receives nothing falls behind as soon as the primary moves, and one that is up to date never does.
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def note(self, at: float, position: int) -> None:
        """Remember a position, in bytes. One before the last is another log: then nothing is known of the former."""
        if self._marks and position < self._marks[-1][1]:
            self._marks.clear()
        if len(self._marks) == MARKS:
            at, _ = self._marks.pop()  # rather too long a lag than one that is forgotten
        self._marks.append((at, position))

    def lag(self, at: float, replayed: int) -> float:
        """Return for how many seconds the primary has been beyond what a replica has replayed."""
        while self._marks and self._marks[0][1] <= replayed:
            self._marks.popleft()
        return at - self._marks[0][0] if self._marks else 0.0


class Replica:
    """Knows whether the replica may be asked, and asks it. Nobody waits for it longer than REPLICA_TIMEOUT."""

    def __init__(self, primary: Pool, replica: Pool, clock: Callable[[], float], tasks: Tasks) -> None:
        self.lag = math.inf  # seconds; infinite where it cannot be told
        self._primary = primary
        self._replica = replica
        self._clock = clock
        self._tasks = tasks
        self._trail = Trail()
        self._refusal: str | None = "it was not asked yet"

    @property
    def usable(self) -> bool:
        """Whether it may be asked: it answers, follows this primary, and is not further behind than REPLICA_LAG."""
        return self._refusal is None

    async def run(self) -> None:
        """Check every REPLICA_CHECK until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(REPLICA_CHECK)

    async def check(self) -> None:
        """Compare it with the primary."""
        found = await self._promptly(self._compare())
        self.lag = found if isinstance(found, float) else math.inf
        if isinstance(found, float):
            self._conclude(None if found <= REPLICA_LAG else "it is too far behind")
        else:
            self._conclude(found or SILENT)

    async def read(self, query: str, *arguments: object) -> Sequence[Record]:
        """Run one reading statement; no rows also mean that it may not be asked, or does not answer."""
        if not self.usable:
            return ()
        rows = await self._promptly(self._read(query, arguments))
        if rows is None:
            self._conclude(SILENT)
        return rows or ()

    async def _compare(self) -> float | str:
        """Return its lag, or why that cannot be told."""
        try:
            (primary,) = await self._primary.read(PRIMARY)
            self._trail.note(self._clock(), primary["position"])
            (replica,) = await self._replica.read(REPLICA)
        except (Unavailable, asyncpg.PostgresError) as error:
            return f"it cannot be compared with the primary: {error}"
        if not replica["follows"] or replica["position"] is None:
            return "it is no replica"
        if replica["epoch"] != primary["epoch"]:
            return "it is the replica of another database"
        return self._trail.lag(self._clock(), replica["position"])

    async def _read(self, query: str, arguments: tuple[object, ...]) -> Sequence[Record]:
        try:
            return await self._replica.read(query, *arguments)
        except (Unavailable, asyncpg.PostgresError) as error:
            self._conclude(f"it did not answer: {error}")
            return ()

    async def _promptly(self, work: Coroutine[object, object, T]) -> T | None:
        """Return what `work` returns, None if that takes too long: a connection that hangs may be slow to give up."""
        task = self._tasks.start(work, "ask the replica")
        done, _ = await asyncio.wait([task], timeout=REPLICA_TIMEOUT)
        if not done:
            task.cancel()
            return None
        result: T = task.result()
        return result

    def _conclude(self, refusal: str | None) -> None:
        if refusal == self._refusal:
            return
        self._refusal = refusal
        if refusal is None:
            _log.info("lists are read from the replica")
        else:
            _log.warning("lists are read from the primary", extra={"reason": refusal})
