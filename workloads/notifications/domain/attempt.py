"""What becomes of a job after an attempt that failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.domain.errors import LeftAlone, TemporaryFailure
from notifications.domain.jobs import Channel, Failure, Job, Outcome, Status, wait_before
from notifications.domain.limits import BREAKER_OPEN, GIVE_UP_AFTER, LONGEST_PUT_OFF, LONGEST_RETRY

# In all, the first one included
ATTEMPTS: Final[Mapping[Channel, int]] = {
    Channel.WEBSOCKET: 1,
    Channel.EMAIL: 3,
    Channel.WEBHOOK: 4,
    Channel.PUSH: 5,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A job in the hands of a worker: `failed` attempts were made before, `hand_outs` count this time too.

    `since` is when it could be brought for the first time.
    """

    job: Job
    failed: int
    hand_outs: int
    since: datetime
    now: datetime

    def fail(self, error: TemporaryFailure) -> Outcome:
        """Return the outcome of a failure after which another attempt may succeed."""
        if isinstance(error, LeftAlone):
            return self._put_off(error)
        failed = self.failed + 1
        if failed >= ATTEMPTS[self.job.channel]:
            return Outcome(self.job, Status.DEAD, str(error), began=self.now)
        return self._wait(max(wait_before(failed), error.retry_after or 0.0), str(error))

    def _put_off(self, error: LeftAlone) -> Outcome:
        waited = (self.now - self.since).total_seconds()
        if waited > GIVE_UP_AFTER:
            reason = f"no provider could be asked for a day: {error}"
            return Outcome(self.job, Status.DEAD, reason, attempted=False, cause=Failure.UNREACHED)
        # The longer already the less often: all that is put off must leave time to serve the rest
        wait = max(error.retry_after or BREAKER_OPEN, min(waited / 4, LONGEST_PUT_OFF))
        # Outside of the queue: what nobody can bring now must not count as a queue that is full
        until = self.now + timedelta(seconds=wait)
        return Outcome(self.job, Status.RETRYING, str(error), attempted=False, until=until)

    def _wait(self, seconds: float, reason: str) -> Outcome:
        if seconds > LONGEST_RETRY:
            until = self.now + timedelta(seconds=seconds)
            return Outcome(self.job, Status.RETRYING, reason, until=until, began=self.now)
        return Outcome(self.job, Status.RETRYING, reason, wait=seconds, hand_outs=self.hand_outs, began=self.now)
