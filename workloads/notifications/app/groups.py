"""Single questions asked in groups: what comes while one is under way is asked together next."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from notifications.app.tasks import Tasks
from notifications.domain.errors import NotificationsError

_log = logging.getLogger(__name__)
_Q = TypeVar("_Q")
_A = TypeVar("_A")


class Groups(Generic[_Q, _A]):
    """`ask` answers up to `most` questions, one answer each, in the same order, or fails for all of them.

    `pause`: seconds in which a group that is not full may grow, for questions whose answer nobody waits for.
    """

    def __init__(self, ask: Callable[[Sequence[_Q]], Awaitable[Sequence[_A]]], most: int, pause: float = 0.0) -> None:
        self._ask = ask
        self._most = most
        self._pause = pause
        self._tasks = Tasks()
        self._waiting: deque[tuple[_Q, asyncio.Future[_A]]] = deque()
        self._is_asking = False

    async def ask(self, question: _Q) -> _A:
        """Return the answer. Raises what asking raises; a question that nobody can be asked fails alone."""
        answer: asyncio.Future[_A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if not self._is_asking:
            self._is_asking = True
            self._tasks.start(self._ask_all(), "groups")
        return await answer

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                if self._pause and len(self._waiting) < self._most:
                    await asyncio.sleep(self._pause)
                await self._ask_group([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        finally:
            self._is_asking = False

    async def _ask_group(self, group: list[tuple[_Q, asyncio.Future[_A]]]) -> None:
        try:
            answers = await self._ask([question for question, _ in group])
        except NotificationsError as error:
            _fail(group, error)
        except Exception as error:
            await self._ask_singly(group, error)
        else:
            for (_, answer), found in zip(group, answers, strict=True):
                if not answer.done():
                    answer.set_result(found)

    async def _ask_singly(self, group: list[tuple[_Q, asyncio.Future[_A]]], error: Exception) -> None:
        if len(group) == 1:
            _fail(group, error)
            return
        _log.error("a group of %d could not be served", len(group), exc_info=error)
        for member in group:
            await self._ask_group([member])


def _fail(group: list[tuple[_Q, asyncio.Future[_A]]], error: Exception) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
