"""What keeps a cluster from being what its spec says. Pure."""

from dataclasses import dataclass
from typing import Final

PASSING: Final = frozenset({"Conflict", "Unavailable"})  # reasons that are likely gone with the next try


@dataclass(frozen=True, slots=True)
class Problem:
    """One word, and a sentence that names the field or object."""

    reason: str
    message: str

    @property
    def passes(self) -> bool:
        """Whether it is likely gone with the next try."""
        return self.reason in PASSING
