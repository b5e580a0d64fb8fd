"""Whether the watches still tell of changes: a deaf one looks exactly like a cluster in which nothing happens. Pure.

Every pass reads objects as they are. One that was read in a version that no watch has told of, and still has not a
good while later, shows that a watch has gone deaf.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

REMEMBERED: Final = 4096  # objects that are gone, of which a late reading may still come


@dataclass(slots=True)
class Hearing:
    """Versions are resourceVersions, and `now` is seconds of any one clock."""

    _heard: dict[str, int] = field(default_factory=dict)
    _unheard: dict[str, tuple[int, float]] = field(default_factory=dict)
    _gone: deque[str] = field(default_factory=deque)

    def hear(self, uid: str, version: str) -> None:
        """Note that a watch told of this version of an object."""
        self._heard[uid] = max(int(version), self._heard.get(uid, 0))
        if uid in self._unheard and self._unheard[uid][0] <= self._heard[uid]:
            del self._unheard[uid]

    def hear_end(self, uid: str, version: str) -> None:
        """Note that a watch told of an object's end."""
        self._unheard.pop(uid, None)
        self._heard[uid] = int(version)
        self._gone.append(uid)
        if len(self._gone) > REMEMBERED:
            self._heard.pop(self._gone.popleft(), None)

    def read(self, uid: str, version: str, now: float) -> None:
        """Note that this version of an object was read."""
        if int(version) > self._heard.get(uid, 0):
            self._unheard.setdefault(uid, (int(version), now))

    def measure_age(self, now: float) -> float:
        """Return for how many seconds the oldest change has been known that no watch told of."""
        return max((now - since for _, since in self._unheard.values()), default=0.0)
