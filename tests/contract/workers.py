"""A worker as far as the stores see one: it sweeps, and remembers what it was given to publish."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from notifications.domain.jobs import LANES, Job, Lane
from notifications.domain.limits import SWEEP_BATCH
from tests.contract.stores import Stores

EMPTY: Final[Mapping[Lane, float]] = dict.fromkeys(LANES, 0.0)
"""The ages of a stream that holds nothing."""


class Worker:
    """Its work queue acknowledges whatever is published."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def sweep(self, limit: int = SWEEP_BATCH, ages: Mapping[Lane, float] = EMPTY) -> set[Job]:
        """Sweep once and return what was published."""
        published: list[Job] = []

        async def publish(jobs: Sequence[Job]) -> Collection[Job]:
            published.extend(jobs)
            return jobs

        found = await self._stores.outbox.sweep(publish, ages, limit)
        assert found == len(published) == len(set(published))
        return set(published)
