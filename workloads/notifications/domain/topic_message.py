"""A message to many: what its sender said, how the log keeps it, and how it reads on the wire."""

from dataclasses import dataclass
from typing import Literal

Event = Literal["room:message", "topic:message"]


@dataclass(frozen=True, slots=True)
class TopicMessage:
    """`text` is that of a JSON object, to which its number is added. Times are milliseconds since 1970."""

    event: str
    created_at: int
    text: str
    expires_at: int | None = None
    urgent: bool = False

    def is_over(self, now: int) -> bool:
        """Say whether nobody is to be shown it any more."""
        return self.expires_at is not None and self.expires_at <= now


def pack(message: TopicMessage) -> bytes:
    """Write a message for the log: a line of what gateways need, then the text, which nobody need parse on the way."""
    urgent = "urgent" if message.urgent else "-"
    expires = "-" if message.expires_at is None else message.expires_at
    return f"{message.event} {message.created_at} {expires} {urgent}\n{message.text}".encode()


def unpack(packed: bytes) -> TopicMessage:
    """Read what `pack` wrote. Raises ValueError for anything else."""
    head, text = packed.decode().split("\n", 1)
    event, created, expires, urgent, *_ = head.split(" ")
    return TopicMessage(event, int(created), text, None if expires == "-" else int(expires), urgent == "urgent")


def write_wire(message: TopicMessage, seq: int, *, replayed: bool = False) -> str:
    """Return the object that clients get."""
    tail = ',"replayed":true}' if replayed else "}"
    return f'{message.text[:-1]},"seq":{seq}{tail}'
