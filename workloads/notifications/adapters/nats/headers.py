"""Reading the headers that the server adds to messages of streams, by search: a parser would cost more than the rest.

A header block is `NATS/1.0`, perhaps a status, and lines of a name and a value, each ended by CR and LF.
"""

from typing import Final

SUBJECT: Final = b"\r\nNats-Subject: "
SEQUENCE: Final = b"\r\nNats-Sequence: "
LAST: Final = b"\r\nNats-Last-Sequence: "
PENDING: Final = b"\r\nNats-Num-Pending: "
UP_TO: Final = b"\r\nNats-UpTo-Sequence: "


def find_header(headers: bytes, name: bytes) -> bytes:
    """Return a header's value. Raises ValueError if it is missing."""
    start = headers.index(name) + len(name)
    return headers[start : headers.index(b"\r\n", start)]


def find_number(headers: bytes, name: bytes) -> int:
    """Return a header's value as a number. Raises ValueError if it is missing or none."""
    return int(find_header(headers, name))
