"""What can be wrong with a history."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """A broken promise."""

    LOST = "lost"
    SHOWN_TWICE = "shown twice"
    REORDERED = "reordered"
    BROKEN_CHAIN = "broken chain"
    PHANTOM = "phantom"
    WRONG_RECIPIENT = "wrong recipient"
    TWINS_DIFFER = "twins differ"
    STUCK = "stuck"
    LATE = "late"
    EARLY = "early"
    NEEDLESS = "needless"
    GIVEN_UP = "given up too early"
    KEPT = "kept for nobody"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Violation:
    """A verdict and what it rests on."""

    verdict: Verdict
    detail: str

    def __str__(self) -> str:
        return f"{self.verdict.value}: {self.detail}"
