"""Wake-ups on core NATS: inbox events to the gateways that hold a user, beacons between gateways."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.subscription import NatsSubscription, subscribe
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent, pack, unpack
from notifications.domain.limits import MAX_NAME, OFFER_TIMEOUT
from notifications.domain.notification import UserKey
from notifications.ports.bus import Beacon

log: Final = logging.getLogger(__name__)

_NO_RESPONDERS: Final = 503


class NatsInboxBus:
    """The port InboxBus: an offer is a request, which every gateway that holds the owner answers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.on_note: Callable[[UserKey, bytes], None] = lambda *_: None
        """Called for what else is told of an owner who is subscribed to: JSON objects, which no event begins like."""

    async def subscribe(self, owner: UserKey, on_event: Callable[[InboxEvent], None]) -> NatsSubscription:
        """Call `on_event` for what is offered from now on."""

        def on_message(message: Message) -> None:
            if message.data.startswith(b"{"):
                self.on_note(owner, message.data)
                return
            on_event(unpack(message.data))
            if message.reply:
                with suppress(Unavailable):
                    self._connection.publish(message.reply, b"")

        return await subscribe(self._connection, subjects.inbox(owner), on_message)

    async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
        """Return whether a gateway took the event."""
        answer = await self._connection.request(subjects.inbox(owner), pack(event), OFFER_TIMEOUT)
        return answer.status != _NO_RESPONDERS

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        """Return for each event whether a gateway took it, None where no answer came in time."""
        questions = [(subjects.inbox(owner), pack(event), b"") for owner, event in offers]
        answers = await self._connection.ask_each(questions, OFFER_TIMEOUT)
        return [None if answer is None else answer.status != _NO_RESPONDERS for answer in answers]

    async def tell(self, owner: UserKey, event: InboxEvent) -> None:
        """Send an event to whoever is there."""
        with suppress(Unavailable):
            self._connection.publish(subjects.inbox(owner), pack(event))


class NatsFleetBus:
    """The port FleetBus: beacons are JSON objects with the fields of Beacon."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connected(self) -> bool:
        """Whether beacons can be heard."""
        return self._connection.connected

    async def listen(self, on_beacon: Callable[[Beacon], None]) -> NatsSubscription:
        """Call `on_beacon` for every beacon that can be read; whatever else arrives is ignored."""

        def on_message(message: Message) -> None:
            if beacon := read_beacon(message.data):
                on_beacon(beacon)

        return NatsSubscription(self._connection, self._connection.listen(subjects.FLEET, on_message))

    async def announce(self, beacon: Beacon) -> None:
        """Send a beacon to all gateways."""
        with suppress(Unavailable):
            self._connection.publish(subjects.FLEET, msgspec.json.encode(beacon))


def read_beacon(data: bytes) -> Beacon | None:
    """Return a beacon, or None for junk. A newer gateway may say more than we know, and is alive all the same."""
    try:
        beacon = msgspec.json.decode(data, type=Beacon)
    except ValueError as error:
        log.debug("ignored a message that is not a beacon: %s", error)
        return None
    names = (beacon.gateway, beacon.address)
    return beacon if all(0 < len(name) <= MAX_NAME for name in names) else None
