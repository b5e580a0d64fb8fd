"""Interest in a subject, known to the server before anybody relies on it."""

from dataclasses import dataclass

from notifications.adapters.nats.client import Interest, Listener
from notifications.adapters.nats.connection import Connection
from notifications.domain.limits import INTEREST_TIMEOUT


@dataclass(frozen=True, slots=True)
class NatsSubscription:
    """An interest that can be given up, any number of times."""

    _connection: Connection
    _interest: Interest

    async def close(self) -> None:
        """End it. What the server has sent before it knows is still answered, or an offer would wait in vain."""
        self._connection.retire(self._interest)


async def subscribe(connection: Connection, subject: str, listener: Listener) -> NatsSubscription:
    """Call `listener` for each message on `subject`; return when the server knows.

    Raises Unavailable, and leaves no interest behind, without one.
    """
    interest = connection.listen(subject, listener)
    known = False
    try:
        await connection.flush(INTEREST_TIMEOUT)
        known = True
    finally:
        if not known:
            connection.forget(interest)
    return NatsSubscription(connection, interest)
