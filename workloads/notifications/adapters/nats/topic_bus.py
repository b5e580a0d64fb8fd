"""What the log of topics has stored, as the server tells it on core NATS."""

import logging
from collections.abc import Callable
from typing import Final

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.headers import LAST, SEQUENCE, find_number
from notifications.adapters.nats.subscription import NatsSubscription, subscribe
from notifications.domain.topics import Entry, Topic

log: Final = logging.getLogger(__name__)


class NatsTopicBus:
    """The port TopicBus."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def subscribe(self, topic: Topic, on_entry: Callable[[Entry], None]) -> NatsSubscription:
        """Call `on_entry` for what is appended from now on."""

        def on_message(message: Message) -> None:
            if entry := read_entry(message):
                on_entry(entry)

        return await subscribe(self._connection, topic.subject, on_message)


def read_entry(message: Message) -> Entry | None:
    """Return what was stored, or None for a message that did not come from the log."""
    try:
        seq, prev = find_number(message.headers, SEQUENCE), find_number(message.headers, LAST)
    except ValueError:
        log.debug("ignored a message that is not of the log of topics")
        return None
    return Entry(message.subject, seq, prev, message.data)
