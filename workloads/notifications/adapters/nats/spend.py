"""Spends on core NATS, on one subject for all gateways: `{"gateway": NAME, "spends": [[TENANT, USER, COUNT], ...]}`."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.domain import subjects
from notifications.domain.limits import MAX_EVENTS_PER_MINUTE, MAX_NAME, SPENDS_AT_ONCE
from notifications.domain.notification import UserKey
from notifications.domain.spending import Spend

log: Final = logging.getLogger(__name__)


class _Wire(msgspec.Struct, frozen=True):
    """What one gateway tells. A newer one may say more than we know."""

    gateway: str
    spends: list[tuple[str, str, int]]


class NatsSpendBus:
    """The port SpendBus."""

    def __init__(self, connection: Connection, gateway: str) -> None:
        self._connection = connection
        self._gateway = gateway

    def listen(self, on_spends: Callable[[Sequence[Spend]], None]) -> None:
        """Call `on_spends` for what can be read of others, over all reconnects."""

        def on_message(message: Message) -> None:
            if spends := read_spends(message.data, self._gateway):
                on_spends(spends)

        self._connection.listen(subjects.SPENDS, on_message)

    def tell(self, spends: Sequence[Spend]) -> None:
        """Tell all gateways; this one does not listen to itself."""
        wire = _Wire(self._gateway, [(spend.owner.tenant, spend.owner.user, spend.count) for spend in spends])
        self._connection.publish(subjects.SPENDS, msgspec.json.encode(wire))


def read_spends(data: bytes, me: str) -> tuple[Spend, ...]:
    """Return what another gateway tells; nothing for junk and for what this one told."""
    try:
        wire = msgspec.json.decode(data, type=_Wire)
    except ValueError as error:
        log.debug("ignored a message that tells no spends: %s", error)
        return ()
    if wire.gateway == me or len(wire.spends) > SPENDS_AT_ONCE or not all(_fits(*spend) for spend in wire.spends):
        return ()
    return tuple(Spend(UserKey(tenant, user), count) for tenant, user, count in wire.spends)


def _fits(tenant: str, user: str, count: int) -> bool:
    return 0 < len(tenant) <= MAX_NAME and 0 < len(user) <= MAX_NAME and 0 < count <= MAX_EVENTS_PER_MINUTE
