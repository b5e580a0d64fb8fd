"""Dead letters in memory."""

from collections.abc import Collection
from dataclasses import replace

from notifications.adapters.memory.outbox import MemoryOutbox
from notifications.adapters.memory.rows import Row
from notifications.adapters.memory.store import MemoryStore
from notifications.domain.dead_letter import DeadLetter, LetterKey, Place, Retry
from notifications.domain.jobs import Channel, Job, Status
from notifications.ports.clock import Clock


class MemoryDeadLetters:
    """The DeadLetterStore beside a MemoryStore."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store = store
        self._outbox: MemoryOutbox = store.outbox
        self._clock = clock

    async def letters(
        self, tenant: str, channel: Channel | None, before: Place | None, limit: int
    ) -> tuple[DeadLetter, ...]:
        """Return at most `limit` that stand before a place."""
        found = [self._letter(job) for job in self._jobs(tenant) if channel in (None, job.channel)]
        behind = [letter for letter in found if before is None or letter.place < before]
        return tuple(sorted(behind, key=lambda letter: letter.place, reverse=True)[:limit])

    async def retry(self, tenant: str, keys: Collection[LetterKey]) -> dict[LetterKey, Retry]:
        """Queue the jobs of dead letters again, and delete the letters."""
        dead = {_key(job): job for job in self._jobs(tenant)}
        return {key: self._retry(dead[key]) if key in dead else Retry.UNKNOWN for key in dict.fromkeys(keys)}

    async def discard(self, tenant: str, keys: Collection[LetterKey]) -> Collection[LetterKey]:
        """Delete dead letters and return which there were."""
        found = {_key(job) for job in self._jobs(tenant)} & set(keys)
        for key in found:
            del self._outbox.dead_letters[key.id, key.channel]
        return found

    def _jobs(self, tenant: str) -> list[Job]:
        jobs = [outcome.job for outcome in self._outbox.dead_letters.values()]
        return [job for job in jobs if job.owner.tenant == tenant]

    def _letter(self, job: Job) -> DeadLetter:
        logged, known = self._outbox.deliveries[job.notification, job.channel], self._store.find(job.notification)
        return DeadLetter(
            key=_key(job),
            owner=job.owner,
            type=known and known[0].message.type,
            reason=logged.reason,
            attempts=logged.attempts,
            history=logged.failures,
            died_at=logged.at,
        )

    def _retry(self, job: Job) -> Retry:
        known = self._store.find(job.notification)
        if known is None and job.notification not in self._store.digests.records:
            return Retry.CANCELLED if job.notification in self._store.cancelled else Retry.EXPIRED
        key = job.notification, job.channel
        del self._outbox.dead_letters[key]
        logged = self._outbox.deliveries[key]
        self._outbox.deliveries[key] = replace(logged, state=Status.RETRYING, attempts=0, hand_outs=0)
        now = self._clock()
        self._outbox.add(Row(replace(job, turn=job.turn + 1), known[0].created_at if known else now, now))
        return Retry.RETRIED


def _key(job: Job) -> LetterKey:
    return LetterKey(job.notification, job.channel)
