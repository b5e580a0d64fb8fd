"""Digests: what is collected until an hour, and goes out together. Errors are those of `ports.store`."""

from typing import Protocol

from notifications.domain.digest import Digest, Edition
from notifications.domain.jobs import Job


class DigestStore(Protocol):
    """One record for each user, channel and hour, whoever collects for it at the same time."""

    async def collect(self, job: Job, digest: Digest) -> bool:
        """Put the notification of a job into the digest of that hour and settle the job, in one transaction.

        Who is the first for an hour makes the record and a job for it, which is due then. Returns False, and changes
        nothing, when the digest of that hour has gone out already: the notification belongs into the next one. A job
        that was settled before changes nothing, and is fine.
        """
        ...

    async def edit(self, job: Job, limit: int) -> Edition | None:
        """Close a digest, so that nothing is collected for it any more, and return what it has to tell.

        At most `limit` notifications, without those that were read, archived, cancelled or have expired. None if the
        job was settled before. Repeating is harmless: a mail that is sent again tells the same, or less.
        """
        ...
