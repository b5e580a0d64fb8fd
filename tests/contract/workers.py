"""A worker as far as the stores see one: it sweeps, and remembers what it was given to publish."""

from collections.abc import Collection, Sequence

from notifications.domain.jobs import Job
from notifications.domain.limits import SWEEP_BATCH
from tests.contract.stores import Stores


class Worker:
    """Its work queue acknowledges whatever is published."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def sweep(self, limit: int = SWEEP_BATCH) -> set[Job]:
        """Sweep once and return what was published."""
        published: list[Job] = []

        async def publish(jobs: Sequence[Job]) -> Collection[Job]:
            published.extend(jobs)
            return jobs

        found = await self._stores.outbox.sweep(publish, limit)
        assert found == len(published) == len(set(published))
        return set(published)
