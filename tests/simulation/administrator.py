"""An administrator of all tenants, who tries dead letters again."""

import asyncio

from notifications.domain.dead_letter import Retry
from tests.simulation.device import Outside
from tests.simulation.gateway import Retries
from tests.simulation.history import Retried
from tests.simulation.plan import STORM, TENANTS
from tests.simulation.producer import request

ATTEMPTS = 20
LONGEST_PAUSE = 15.0


class Administrator:
    """Looks at dead letters through gateways, now and then."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def look_in(self) -> None:
        """Try what there is now and then, for as long as the storm lasts."""
        while True:
            await asyncio.sleep(self._outside.random.uniform(0.0, LONGEST_PAUSE))
            if self._outside.loop.time() > STORM:
                return
            await self._retry(self._outside.random.choice(TENANTS))

    async def clear_up(self) -> None:
        """Try all letters until there is none left that can be tried."""
        for tenant in TENANTS:
            for _ in range(ATTEMPTS):
                results = await self._retry(tenant)
                if results is not None and Retry.RETRIED not in results.values():
                    break

    async def _retry(self, tenant: str) -> Retries | None:
        asked_at = self._outside.loop.time()
        results: Retries | None = await request(
            lambda gateway, answer: gateway.retry_letters(tenant, answer), self._outside
        )
        for key, result in (results or {}).items():
            if result is Retry.RETRIED:
                self._outside.record(Retried(self._outside.loop.time(), asked_at, (key.id, key.channel)))
        return results
