"""Which of the namespaces that are to be served can be: those in which clusters can be listed.

kopf gives up all of them when one is refused, as one is that was deleted together with the Role in it, and never takes
another one in. So it is only told of those that answer, and when that changes this process ends: the next one, or
another replica, begins with those that answer then.
"""

import asyncio
import logging
from collections import Counter
from typing import Final

from .errors import ApiError, NamespacesChanged, Rejected, Unavailable
from .kinds import CLUSTER
from .kubernetes import Api

RETRY: Final = 5.0  # seconds, while there is nothing to serve
POLL: Final = 20.0
LOST_AFTER: Final = 2  # refusals in a row; together with the time in between sooner than kopf gives up

_log = logging.getLogger(__name__)


class ServedNamespaces:
    """`wanted` are those to serve, or none for all of the cluster; `served` are those of them that answered."""

    def __init__(self, api: Api, wanted: tuple[str, ...], poll: float = POLL) -> None:
        self._api = api
        self._wanted = wanted
        self._poll = poll
        self.served: tuple[str, ...] = ()

    async def await_any(self) -> None:
        """Return as soon as clusters can be listed: kopf would never notice that their kind came later."""
        while True:
            try:
                refusals = await self._list_refusals()
            except Unavailable as error:
                _log.warning("%s cannot be listed yet: %s", CLUSTER.name, error)
            else:
                if len(refusals) < max(len(self._wanted), 1):
                    return self._begin(refusals)
                hint = "is its CustomResourceDefinition installed?"
                _log.warning("%s cannot be listed yet; %s: %s", CLUSTER.name, hint, next(iter(refusals.values())))
            await asyncio.sleep(RETRY)

    async def await_change(self) -> None:
        """Raise NamespacesChanged when one that is served is refused, or one that was refused answers."""
        counts: Counter[str] = Counter()
        while True:
            await asyncio.sleep(self._poll)
            try:
                refusals = await self._list_refusals() if self._wanted else {}
            except Unavailable:
                continue
            counts = Counter({namespace: counts[namespace] + 1 for namespace in refusals})
            self._compare(counts)

    def _begin(self, refusals: dict[str, ApiError]) -> None:
        self.served = tuple(namespace for namespace in self._wanted if namespace not in refusals)
        for namespace, error in refusals.items():
            _log.warning("namespace %s is not served until it can be: %s", namespace, error)

    def _compare(self, refused: Counter[str]) -> None:
        for namespace in self._wanted:
            if namespace in self.served and refused[namespace] >= LOST_AFTER:
                raise NamespacesChanged(
                    f"namespace {namespace} can no longer be served; starting anew serves the others"
                )
            if namespace not in self.served and not refused[namespace]:
                raise NamespacesChanged(f"namespace {namespace} can be served by now; starting anew does so")

    async def _list_refusals(self) -> dict[str, ApiError]:
        """Return what those that are refused say; the whole of the cluster counts as one without a name."""
        refusals: dict[str, ApiError] = {}
        for namespace in self._wanted or ("",):
            try:
                await self._api.list_objects(CLUSTER, namespace or None, {})
            except Rejected as error:
                refusals[namespace] = error
        return refusals
