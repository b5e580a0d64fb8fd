"""What a provider answers over HTTP, already bounded in size."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from notifications.domain.errors import TemporaryFailure
from notifications.domain.limits import MAX_RETRY_AFTER


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case names; `body` ends at MAX_ANSWER bytes, however long it was."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300

    @property
    def is_overload(self) -> bool:
        """Whether the server could not do it now: the message itself was not judged."""
        return self.status in (408, 425, 429) or self.status >= 500


def temporary(answer: Answer, who: str, now: datetime) -> TemporaryFailure:
    """Return the error that tells of an answer after which another attempt may succeed."""
    return TemporaryFailure(f"{who} answered {answer.status}", read_retry_after(answer, now))


def read_retry_after(answer: Answer, now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, at most MAX_RETRY_AFTER; None if it says nothing usable."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)
