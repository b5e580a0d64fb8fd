"""Dead letters as a process sees them through the network."""

from collections.abc import Collection

from notifications.domain.dead_letter import DeadLetter, LetterKey, Place, Retry
from notifications.domain.jobs import Channel
from tests.simulation.servers import Servers
from tests.simulation.wire import Call, Wire


class RemoteLetters:
    """DeadLetterStore over a wire."""

    def __init__(self, wire: Wire, servers: Servers) -> None:
        self._wire = wire
        self._servers = servers

    async def letters(
        self, tenant: str, channel: Channel | None, before: Place | None, limit: int
    ) -> tuple[DeadLetter, ...]:
        call = Call(self._servers.database, "letters")
        return await self._wire.call(call, lambda: self._servers.letters.letters(tenant, channel, before, limit))

    async def retry(self, tenant: str, keys: Collection[LetterKey]) -> dict[LetterKey, Retry]:
        call = Call(self._servers.database, "retry_letters", writes=True)
        return await self._wire.call(call, lambda: self._servers.letters.retry(tenant, keys))

    async def discard(self, tenant: str, keys: Collection[LetterKey]) -> Collection[LetterKey]:
        call = Call(self._servers.database, "discard", writes=True)
        return await self._wire.call(call, lambda: self._servers.letters.discard(tenant, keys))
