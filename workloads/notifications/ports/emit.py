"""Carries emits to gateways, and back what they did with them: at most once, unordered across senders."""

from collections.abc import Callable, Collection
from typing import Protocol

from notifications.domain.emit import Echo, Emit

Answer = Callable[[Echo], None]


class EmitBus(Protocol):
    """Reaches every gateway that listens, the sender included."""

    def listen(self, on_emit: Callable[[Emit, Answer], None]) -> None:
        """Call `on_emit`, which returns quickly, for whatever is sent from now on; what it is given takes the answer.

        While the bus is away nothing is heard, and answers are lost silently.
        """
        ...

    async def send(self, emit: Emit, gateways: Collection[str]) -> tuple[Echo, ...]:
        """Send an emit and return the answers when all these gateways have given theirs, or after EMIT_TIMEOUT.

        Raises Unavailable if it could not be sent; what is lost on the way is missing among the answers.
        """
        ...
