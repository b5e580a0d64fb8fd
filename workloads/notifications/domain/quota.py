"""What a user may do only so often, at all gateways together, counted exactly."""

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What is counted."""

    SEND = "notification:send"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Quota:
    """A deed is done at most so often within any QUOTA_WINDOW."""

    deed: Deed
    most: int
