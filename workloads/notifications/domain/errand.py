"""One notification on its way over a channel other than the socket, as it stands now."""

from dataclasses import dataclass
from datetime import datetime

from notifications.domain.jobs import Job
from notifications.domain.notification import Notification


@dataclass(frozen=True, slots=True)
class Errand:
    """`queued_at` is since when it could be brought: when it was accepted, its time came, or it was tried anew.

    `attempts` were made and failed. `hand_outs` is how often the queue had handed the job out when it was last left
    there in order.
    """

    job: Job
    notification: Notification
    queued_at: datetime
    delivered_at: datetime | None = None
    attempts: int = 0
    hand_outs: int = 0
