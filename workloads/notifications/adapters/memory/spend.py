"""The port SpendBus in memory: one object for each gateway, on a line that they share."""

from collections.abc import Callable, Sequence

from notifications.domain.errors import Unavailable
from notifications.domain.spending import Spend


class MemorySpendLine:
    """What the gateways share. Nobody is reached while it is `away`."""

    def __init__(self) -> None:
        self.away = False
        self.listeners: dict[MemorySpendBus, Callable[[Sequence[Spend]], None]] = {}


class MemorySpendBus:
    """One gateway's end of a line."""

    def __init__(self, line: MemorySpendLine) -> None:
        self._line = line

    def listen(self, on_spends: Callable[[Sequence[Spend]], None]) -> None:
        """Call `on_spends` for what others tell."""
        self._line.listeners[self] = on_spends

    def tell(self, spends: Sequence[Spend]) -> None:
        """Tell all others on the line."""
        if self._line.away:
            raise Unavailable("the line is cut")
        for bus, listener in tuple(self._line.listeners.items()):
            if bus is not self:
                listener(spends)
