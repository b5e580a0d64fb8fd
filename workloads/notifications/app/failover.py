"""Several providers of one channel: the first that works takes the message."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from notifications.domain.breaker import Breaker, Permit, State
from notifications.domain.errors import LeftAlone, NotConfigured, Rejected, TemporaryFailure
from notifications.domain.limits import ATTEMPT_LOW, MAX_BREAKERS

_log = logging.getLogger(__name__)
_P = TypeVar("_P")
_R = TypeVar("_R")


class Failover(Generic[_P]):
    """Providers by name, in the order in which they are asked, each behind a circuit breaker.

    `monotonic` gives seconds. Where a provider stands for many servers, as Web Push and webhooks do, `scope` names the
    one that is called, so that a dead server of one tenant does not stop the calls of the others.
    """

    def __init__(self, channel: str, providers: Mapping[str, _P], monotonic: Callable[[], float]) -> None:
        self._channel = channel
        self._providers = dict(providers)
        self._monotonic = monotonic
        self._breakers: OrderedDict[tuple[str, str], Breaker] = OrderedDict()

    async def call(self, attempt: Callable[[_P], Awaitable[_R]], scope: str = "", within: float = ATTEMPT_LOW) -> _R:
        """Return what the first provider that works makes of the attempt.

        `within` is how many seconds there are for all of them: one that hangs leaves those behind it their share.
        Raises NotConfigured without providers; Rejected as soon as one refuses the message, which says nothing against
        the provider and would be no better elsewhere; TemporaryFailure when all failed, and LeftAlone when none was
        asked.
        """
        self.require()
        failures: list[TemporaryFailure] = []
        end = self._monotonic() + within
        for left, name in zip(range(len(self._providers), 0, -1), self._providers, strict=True):
            hasty = partial(_hurry, attempt, self._providers[name], max(0.0, end - self._monotonic()) / left)
            try:
                return await self._ask(name, scope, hasty)
            except TemporaryFailure as error:
                failures.append(error)
        kind = LeftAlone if all(isinstance(failure, LeftAlone) for failure in failures) else TemporaryFailure
        raise kind("; ".join(map(str, failures)), _soonest(failures)) from failures[-1]

    def count_breakers(self, provider: str, state: State) -> int:
        """Return how many breakers of a provider are in a state; an open one stays so until it is asked again."""
        return sum(name == provider and breaker.state is state for (name, _), breaker in self._breakers.items())

    @property
    def names(self) -> tuple[str, ...]:
        """Return which providers there are."""
        return tuple(self._providers)

    def require(self) -> None:
        """Raise NotConfigured without providers."""
        if not self._providers:
            raise NotConfigured(f"no provider is configured for {self._channel}")

    async def _ask(self, name: str, scope: str, attempt: Callable[[], Awaitable[_R]]) -> _R:
        breaker = self._breaker(name, scope)
        permit = breaker.admit(now := self._monotonic())
        if permit is None:
            raise LeftAlone(f"{name} has failed too often and is left alone", breaker.wait(now))
        try:
            answer = await attempt()
        except (TemporaryFailure, Rejected) as error:
            self._record(name, breaker, permit, failed=isinstance(error, TemporaryFailure))
            raise
        except BaseException:
            breaker.forget(permit)
            raise
        self._record(name, breaker, permit, failed=False)
        return answer

    def _record(self, name: str, breaker: Breaker, permit: Permit, *, failed: bool) -> None:
        before = breaker.state
        breaker.record(permit, self._monotonic(), failed=failed)
        if breaker.state is not before:
            level = logging.WARNING if breaker.state is State.OPEN else logging.INFO
            _log.log(level, "the breaker of provider %s is %s", name, breaker.state, extra={"channel": self._channel})

    def _breaker(self, name: str, scope: str) -> Breaker:
        breaker = self._breakers.setdefault((name, scope), Breaker())
        self._breakers.move_to_end((name, scope))
        if len(self._breakers) > MAX_BREAKERS:
            self._breakers.popitem(last=False)
        return breaker


async def _hurry(attempt: Callable[[_P], Awaitable[_R]], provider: _P, seconds: float) -> _R:
    try:
        async with asyncio.timeout(seconds):
            return await attempt(provider)
    except TimeoutError:
        raise TemporaryFailure(f"it took longer than {seconds:.3g} s") from None


def _soonest(failures: list[TemporaryFailure]) -> float | None:
    """Return the shortest wait that a provider asked for, None if one of them did not say."""
    waits = [failure.retry_after for failure in failures]
    return None if None in waits else min(wait for wait in waits if wait is not None)
