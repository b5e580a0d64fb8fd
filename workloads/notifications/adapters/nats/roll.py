"""Rolls on core NATS: JSON objects with the fields of Roll, on the subjects of the inboxes.

A subject of their own would be a second interest for each user who is connected anywhere, and NATS would have to tell
all its servers of it at each connect.
"""

import logging
from collections.abc import Callable
from typing import Final

import msgspec

from notifications.adapters.nats.bus import NatsInboxBus
from notifications.adapters.nats.connection import Connection
from notifications.domain import subjects
from notifications.domain.limits import MAX_CONNECTIONS_PER_USER, MAX_NAME
from notifications.domain.notification import UserKey
from notifications.domain.roll import Roll

log: Final = logging.getLogger(__name__)


class NatsRollBus:
    """The port RollBus."""

    def __init__(self, connection: Connection, inboxes: NatsInboxBus) -> None:
        self._connection = connection
        self._inboxes = inboxes

    def listen(self, on_roll: Callable[[UserKey, Roll], None]) -> None:
        """Call `on_roll` for each roll of an owner whose inbox is subscribed to."""

        def on_note(owner: UserKey, note: bytes) -> None:
            if roll := read_roll(note):
                on_roll(owner, roll)

        self._inboxes.on_note = on_note

    def tell(self, owner: UserKey, roll: Roll) -> None:
        """Send a roll to all gateways that hold the owner."""
        self._connection.publish(subjects.inbox(owner), msgspec.json.encode(roll))


def read_roll(data: bytes) -> Roll | None:
    """Return a roll, or None for junk. A newer gateway may say more than we know."""
    try:
        roll = msgspec.json.decode(data, type=Roll)
    except ValueError as error:
        log.debug("ignored a message that is not a roll: %s", error)
        return None
    names = (roll.call, roll.gateway, *(held.sid for held in roll.held))
    fits = len(roll.held) <= MAX_CONNECTIONS_PER_USER and all(0 < len(name) <= MAX_NAME for name in names)
    return roll if fits else None
