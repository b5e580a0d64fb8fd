"""Families of topics: what the first token of a topic decides."""

from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.access import Rule
from notifications.domain.window import Window


class Slow(StrEnum):
    """What happens to a subscriber that does not read as fast as is written.

    resume: it catches up from the log. keep latest: of each topic it is shown the newest, and told of the gap. drop
    oldest: it goes on with what is said from then on, and is told of the gap.
    """

    RESUME = "resume"
    KEEP_LATEST = "keepLatest"
    DROP_OLDEST = "dropOldest"


@dataclass(frozen=True, slots=True)
class Family:
    """For `max_age` seconds it is shown again, None for as long as the log holds it; at most `max_bytes` at once.

    `rule` is None for rooms, which have their own. Without a `window` no message waits for another.
    """

    name: str
    rule: Rule | None = None
    max_age: int | None = None
    slow: Slow = Slow.RESUME
    window: Window | None = None
    max_bytes: int | None = None
