"""What the authorizer says: each question asked once at a time, its verdict kept, a broken authorizer left alone."""

import asyncio
import logging
from collections.abc import Callable

from notifications.app.kept import Kept
from notifications.app.tasks import Tasks
from notifications.domain.breaker import Breaker, Permit
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_QUESTIONS, MAX_VERDICTS, VERDICT_KEPT
from notifications.ports.authorizer import Authorizer, Question

_log = logging.getLogger(__name__)


class Verdicts:
    """Keeps verdicts by the token that asked, so a new token asks anew. What is no verdict is never kept."""

    def __init__(self, authorizer: Authorizer, monotonic: Callable[[], float]) -> None:
        self._authorizer = authorizer
        self._monotonic = monotonic
        self._known: Kept[Question, bool] = Kept(MAX_VERDICTS, monotonic)
        self._under_way: dict[Question, asyncio.Task[bool | None]] = {}
        self._tasks = Tasks()
        self._breaker = Breaker()

    async def ask(self, question: Question) -> bool:
        """Say whether the authorizer allows it. Raises Unavailable without a verdict."""
        known = self._known.get(question)
        if known is not None:
            return known
        if question not in self._under_way:
            if len(self._under_way) >= MAX_QUESTIONS:
                raise Unavailable("too many wait for the authorizer already")
            self._under_way[question] = self._tasks.start(self._learn(question), "authorizer")
        # Others wait for the same answer when this one is no longer wanted
        verdict = await asyncio.shield(self._under_way[question])
        if verdict is None:
            raise Unavailable("the authorizer cannot be asked now, so nothing is allowed: try again later")
        return verdict

    async def _learn(self, question: Question) -> bool | None:
        try:
            permit = self._breaker.admit(self._monotonic())
            return None if permit is None else await self._ask(question, permit)
        finally:
            del self._under_way[question]

    async def _ask(self, question: Question, permit: Permit) -> bool | None:
        try:
            verdict = await self._authorizer.ask(question)
        except Unavailable as error:
            self._breaker.record(permit, self._monotonic(), failed=True)
            _log.warning("the authorizer gave no verdict", extra={"event": "authorizer_failed", "reason": str(error)})
            return None
        self._breaker.record(permit, self._monotonic(), failed=False)
        self._known.put(question, verdict.allow, VERDICT_KEPT if verdict.ttl is None else verdict.ttl)
        return verdict.allow
