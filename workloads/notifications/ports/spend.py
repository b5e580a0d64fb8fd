"""What gateways tell each other of what they let through: at most once, unordered across senders."""

from collections.abc import Callable, Sequence
from typing import Protocol

from notifications.domain.spending import Spend


class SpendBus(Protocol):
    """Reaches every other gateway that listens."""

    def listen(self, on_spends: Callable[[Sequence[Spend]], None]) -> None:
        """Call `on_spends` for what other gateways tell from now on; while the bus is away nothing is heard."""
        ...

    def tell(self, spends: Sequence[Spend]) -> None:
        """Tell all other gateways of SPENDS_AT_ONCE users at most. Raises Unavailable while the bus is away."""
        ...
