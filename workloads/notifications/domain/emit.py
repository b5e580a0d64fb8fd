"""Events that somebody sends to whoever is connected now: at most once, kept nowhere."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notifications.domain.errors import Invalid

_EVENT: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# Ours, and whatever we may call something some day: by the part before the ':'. The rest is what Socket.IO means itself
_TAKEN: Final = frozenset({
    "auth", "client", "connected", "error", "notification", "notifications", "position", "presence", "room", "server",
    "subscriptions", "topic",
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
})  # fmt: skip


class Scope(StrEnum):
    """Whose sockets are meant."""

    USER = "user"
    ROOM = "room"
    SERVER = "server"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Audience:
    """Sockets of one tenant: of the user, in the room or at the gateway that `name` says; of all there is no name."""

    tenant: str
    scope: Scope
    name: str = ""


@dataclass(frozen=True, slots=True)
class Emit:
    """An event for them. `body` is the text of a JSON object: a stock client takes a string for a position."""

    audience: Audience
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class Echo:
    """What a gateway has done with an emit: sockets that it was written to, and others that were left out.

    Left out are those without room for it, and those beyond the number that an emit may reach at one gateway.
    """

    gateway: str
    delivered: int
    skipped: int


def check_event(name: str) -> str:
    """Return the name of an event that is not one of ours. Raises Invalid."""
    if not _EVENT.fullmatch(name):
        raise Invalid("event must be 1 to 64 of A-Z, a-z, 0-9, '_', '.', ':', '-'")
    if name.split(":", 1)[0] in _TAKEN:
        raise Invalid(f"the event {name} means something already: choose a name that begins with a word of your own")
    return name
