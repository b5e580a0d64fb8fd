"""What gateways tell each other of a user's connections: at most once, unordered across senders."""

from collections.abc import Callable
from typing import Protocol

from notifications.domain.notification import UserKey
from notifications.domain.roll import Roll


class RollBus(Protocol):
    """Reaches whichever gateways are subscribed to the inbox of the owner, the sender included."""

    def listen(self, on_roll: Callable[[UserKey, Roll], None]) -> None:
        """Call `on_roll` for what is told of owners whose inbox this process is subscribed to, in place of before."""
        ...

    def tell(self, owner: UserKey, roll: Roll) -> None:
        """Send a roll. Raises Unavailable while the bus is away."""
        ...
