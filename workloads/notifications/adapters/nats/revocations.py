"""Signals on core NATS that the record of revocations has changed. They say no more, so they need not be believed."""

from collections.abc import Callable
from contextlib import suppress

from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.subscription import NatsSubscription
from notifications.domain.errors import Unavailable
from notifications.domain.subjects import REVOCATIONS


class NatsRevocationBus:
    """The port RevocationBus."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def listen(self, on_change: Callable[[], None]) -> NatsSubscription:
        """Call `on_change` for each signal."""
        return NatsSubscription(self._connection, self._connection.listen(REVOCATIONS, lambda _: on_change()))

    async def announce(self) -> None:
        """Signal a change to all gateways."""
        with suppress(Unavailable):
            self._connection.publish(REVOCATIONS, b"")
