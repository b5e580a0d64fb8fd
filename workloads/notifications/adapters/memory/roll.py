"""The port RollBus in memory: one object for each gateway, which all hear whatever is told on the same line."""

from collections.abc import Callable

from notifications.domain.errors import Unavailable
from notifications.domain.notification import UserKey
from notifications.domain.roll import Roll


class MemoryRollLine:
    """What the gateways share. Nobody is reached while it is `away`."""

    def __init__(self) -> None:
        self.away = False
        self.listeners: dict[MemoryRollBus, Callable[[UserKey, Roll], None]] = {}


class MemoryRollBus:
    """One gateway's end of a line."""

    def __init__(self, line: MemoryRollLine) -> None:
        self._line = line

    def listen(self, on_roll: Callable[[UserKey, Roll], None]) -> None:
        """Call `on_roll` for whatever is told, of any owner."""
        self._line.listeners[self] = on_roll

    def tell(self, owner: UserKey, roll: Roll) -> None:
        """Tell all gateways of the line."""
        if self._line.away:
            raise Unavailable("the line is cut")
        for listener in tuple(self._line.listeners.values()):
            listener(owner, roll)
