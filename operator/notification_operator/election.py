"""Which replica leads: the holder of a Lease, who may write only while nobody else can have taken it.

A lease that did not change for its whole duration, by the clock of whoever looks, may be taken. Its holder gives up a
good while earlier, so that two never lead at once, however slow the network or the process.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from .errors import ApiError, Conflict, LeadershipLost
from .kinds import LEASE, Object
from .kubernetes import Api

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds: how long a lease lasts, by when its holder must have renewed it, between tries, and for one request."""

    duration: float = 10.0
    deadline: float = 7.0
    retry: float = 1.5
    request: float = 3.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who wants to lead what: the Lease `name` in `namespace`; `identity` is unique to this process."""

    namespace: str
    name: str
    identity: str


DEFAULT_TERMS: Final = Terms()


class Elector:
    """First `acquire`, then `keep` beside the work, and `release` when the work has ended."""

    def __init__(
        self,
        api: Api,
        candidate: Candidate,
        terms: Terms = DEFAULT_TERMS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._candidate = candidate
        self._terms = terms
        self._clock = clock
        self._renewed: float | None = None
        self._seen: Object | None = None
        self._seen_at = 0.0

    @property
    def leads(self) -> bool:
        """Whether this process surely leads at this moment."""
        return self._renewed is not None and self._clock() - self._renewed < self._terms.deadline

    def bound_write(self) -> float:
        """Return for how many seconds a write may take now; raise LeadershipLost when it may not be sent any more."""
        if self._renewed is None or not self.leads:
            raise LeadershipLost(f"{self._candidate.identity} does not lead any more")
        return self._terms.duration - (self._clock() - self._renewed)

    async def acquire(self) -> None:
        """Return when this process leads."""
        _log.info("%s waits for the lease %s", self._candidate.identity, self._candidate.name)
        leads = await self._attempt(self._terms.request)
        while not leads:
            await asyncio.sleep(self._terms.retry)
            leads = await self._attempt(self._terms.request)
        _log.info("%s leads", self._candidate.identity)

    async def keep(self) -> None:
        """Renew for ever; raise LeadershipLost when that did not succeed in time."""
        while self._renewed is not None:
            left = self._renewed + self._terms.deadline - self._clock()
            if left <= 0:
                raise LeadershipLost(f"{self._candidate.identity} could not renew its lease in time")
            await asyncio.sleep(min(self._terms.retry, left))
            await self._attempt(min(self._terms.request, max(left, 0.01)))
            self._refuse_others()

    async def release(self) -> None:
        """Let another replica lead at once; nothing may be written after this."""
        held, self._renewed = self._renewed, None
        if held is None or self._seen is None:
            return
        try:
            spec = {**self._seen["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _write_time()}
            await self._api.replace(LEASE, {**self._seen, "spec": spec})
        except ApiError as error:
            _log.warning("the lease was not released and runs out by itself: %s", error)

    async def _attempt(self, limit: float) -> bool:
        """Try once to take or renew the lease; tell whether that succeeded."""
        asked_at = self._clock()
        try:
            async with asyncio.timeout(limit):
                self._look(await self._write(await self._read()))
        except Conflict:
            return False  # somebody was quicker: the next try reads what they wrote
        except (ApiError, TimeoutError) as error:
            _log.warning("the lease %s could not be asked for: %s", self._candidate.name, str(error) or "no answer")
            return False
        if self._holder() != self._candidate.identity:
            return False
        self._renewed = asked_at
        return True

    async def _read(self) -> Object | None:
        lease = await self._api.get(LEASE, self._candidate.namespace, self._candidate.name)
        self._look(lease)
        return lease

    async def _write(self, lease: Object | None) -> Object | None:
        if lease is None:
            return await self._api.create(
                LEASE, self._candidate.namespace, self._describe({}, {"name": self._candidate.name})
            )
        if self._holder() not in ("", self._candidate.identity) and not self._has_run_out():
            return lease
        return await self._api.replace(LEASE, self._describe(lease["spec"], lease["metadata"]))

    def _look(self, lease: Object | None) -> None:
        if lease is None or self._seen is None or _stamp(lease) != _stamp(self._seen):
            self._seen, self._seen_at = lease, self._clock()

    def _has_run_out(self) -> bool:
        lasts = self._seen["spec"].get("leaseDurationSeconds", self._terms.duration) if self._seen else 0
        return self._clock() - self._seen_at > lasts

    def _holder(self) -> str:
        return str((self._seen or {"spec": {}})["spec"].get("holderIdentity") or "")

    def _refuse_others(self) -> None:
        if self._holder() != self._candidate.identity:
            self._renewed = None
            raise LeadershipLost(f"the lease was taken by {self._holder() or 'nobody'}")

    def _describe(self, before: Object, metadata: Object) -> Object:
        """Return the lease as ours: taken now, or held as `before` says and renewed."""
        now, ours = _write_time(), before.get("holderIdentity") == self._candidate.identity
        spec: dict[str, Any] = {
            "holderIdentity": self._candidate.identity,
            "leaseDurationSeconds": max(1, round(self._terms.duration)),
            "acquireTime": before["acquireTime"] if ours else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", -1) + (0 if ours else 1),
        }
        named = {**metadata, "namespace": self._candidate.namespace}
        return {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": named, "spec": spec}


def _stamp(lease: Object) -> tuple[Any, Any]:
    return lease["metadata"].get("resourceVersion"), lease["spec"].get("renewTime")


def _write_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
