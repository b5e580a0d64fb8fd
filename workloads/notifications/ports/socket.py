"""A client's connection, whatever front carries it. Narrow on purpose: the front can be replaced."""

from collections.abc import Callable
from typing import Protocol

from notifications.domain.window import Window


class Socket(Protocol):
    """One Socket.IO connection. Everything sent to it keeps its order."""

    id: str
    """The Socket.IO id, which clients know as `socket.id`."""

    session: str
    """The Engine.IO id, which names the gateway that holds the connection."""

    @property
    def is_busy(self) -> bool:
        """Whether it was written to so shortly ago that what goes to many may wait a moment for more."""
        ...

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        """Queue an event whose argument is the JSON text `body`, with the cursor as last argument if there is one.

        Never blocks. Returns False, and queues nothing, while OUTBOUND_CAP is exceeded or after the end.
        """
        ...

    def gather(self, event: str, body: str, window: Window, on_leave: Callable[[], None]) -> bool:
        """Queue an event like `send`, and let it wait for more: until its window is over, or anything is sent.

        `on_leave` is called when that is so, before what has gathered leaves, with all that the same turn of the loop
        brings.
        """
        ...

    def flush(self) -> None:
        """Send what waits now, not at the end of this turn of the loop; what gathers still waits for its window."""
        ...

    async def drained(self) -> None:
        """Return when there is room. Raises SlowConsumer after SLOW_CONSUMER_GRACE or when the connection has ended."""
        ...

    def close(self) -> None:
        """Close the transport, so that a client comes back by itself."""
        ...

    def dismiss(self) -> None:
        """Send a Socket.IO disconnect, so that a client does not come back by itself, and close the transport."""
        ...
