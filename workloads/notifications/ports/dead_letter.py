"""Jobs that were given up. Errors are those of `ports.store`."""

from collections.abc import Collection
from typing import Protocol

from notifications.domain.dead_letter import DeadLetter, LetterKey, Place, Retry
from notifications.domain.jobs import Channel


class DeadLetterStore(Protocol):
    """The dead letters of each tenant."""

    async def letters(
        self, tenant: str, channel: Channel | None, before: Place | None, limit: int
    ) -> tuple[DeadLetter, ...]:
        """Return at most `limit` that stand before a place, the last that died first; of one channel, or of all."""
        ...

    async def retry(self, tenant: str, keys: Collection[LetterKey]) -> dict[LetterKey, Retry]:
        """Queue the jobs of dead letters again, in their next turn, and delete the letters, in one transaction.

        What has nothing left to bring stays. Returns what became of each; repeating is harmless.
        """
        ...

    async def discard(self, tenant: str, keys: Collection[LetterKey]) -> Collection[LetterKey]:
        """Delete dead letters and return which there were."""
        ...
