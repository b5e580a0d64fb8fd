"""Reads Socket.IO packets from text that anybody may have sent."""

import re
from dataclasses import dataclass
from typing import Any, Final

from socketio import packet
from socketio.packet import Packet

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_PACKET
from notifications.domain.text import check_depth, check_document

NAMESPACE: Final = "/"

_ACCEPTED = {packet.CONNECT, packet.DISCONNECT, packet.EVENT, packet.ACK}
# What stands before the JSON. A namespace may hold quotes and brackets, which would mislead whoever counts levels
_HEADER = re.compile(r".(?:\d+-)?(?:/[^,]*,?)?")


@dataclass(frozen=True, slots=True)
class Event:
    """A client's event; `ack` is the id under which it expects an answer."""

    name: str
    arguments: tuple[Any, ...]
    ack: int | None


def read_packet(data: object) -> Packet:
    """Decode one packet. Raises Invalid for binary, oversized, deep or malformed ones, for server-only types, and
    for other namespaces than ours in all but CONNECT.
    """
    if not isinstance(data, str):
        raise Invalid("binary packets are not accepted")
    if len(data) > MAX_PACKET:
        raise Invalid(f"packet is longer than {MAX_PACKET} characters")
    if data[:1] not in {str(type) for type in _ACCEPTED}:
        raise Invalid("packet type is not accepted")
    check_depth(_HEADER.sub("", data, count=1).encode(errors="replace"))
    try:
        decoded = Packet(encoded_packet=data)
    except (ValueError, TypeError, IndexError, RecursionError) as error:
        raise Invalid("packet cannot be read") from error
    if decoded.attachment_count:
        raise Invalid("binary attachments are not accepted")
    decoded.namespace = decoded.namespace or NAMESPACE
    if decoded.namespace != NAMESPACE and decoded.packet_type != packet.CONNECT:
        raise Invalid("the namespace is not connected")
    return decoded


def read_event(decoded: Packet) -> Event:
    """Return the event of an EVENT packet. Raises Invalid."""
    data = decoded.data
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise Invalid("an event is a list that begins with its name")
    check_document(data, "event")
    return Event(data[0], tuple(data[1:]), decoded.id)


def read_auth(decoded: Packet) -> dict[str, Any]:
    """Return the auth object of a CONNECT packet; an absent one is empty."""
    check_document(decoded.data, "auth")
    return decoded.data if isinstance(decoded.data, dict) else {}
