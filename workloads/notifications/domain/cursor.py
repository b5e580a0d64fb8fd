"""The one opaque cursor: up to where a device was shown its inbox and its topics."""

import base64
import binascii
import struct
from dataclasses import dataclass

from notifications.domain.errors import Invalid

_LAYOUT = struct.Struct(">BQQQQ")
_VERSION = 1
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
MAX_LENGTH = 96


@dataclass(frozen=True, slots=True)
class Cursor:
    """Sequence numbers count from 1; 0 stands before everything. An epoch names one life of the numbering."""

    inbox_epoch: int
    inbox_seq: int
    topics_epoch: int = 0
    topics_seq: int = 0


def encode(cursor: Cursor) -> str:
    """Return the base64url text that clients keep and present."""
    return write(cursor.inbox_epoch, cursor.inbox_seq, cursor.topics_epoch, cursor.topics_seq)


def write(inbox_epoch: int, inbox_seq: int, topics_epoch: int, topics_seq: int) -> str:
    """Return the text of a cursor that need not exist: each socket is told one behind each message to many."""
    packed = _LAYOUT.pack(_VERSION, inbox_epoch, inbox_seq, topics_epoch, topics_seq)
    return binascii.b2a_base64(packed, newline=False).translate(_URL_SAFE).decode()  # 33 bytes need no padding


def decode(text: str) -> Cursor:
    """Read a cursor back. Raises Invalid for anything that `encode` did not make."""
    if len(text) > MAX_LENGTH:
        raise Invalid("cursor is too long")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, *numbers = _LAYOUT.unpack(packed)
    except (binascii.Error, struct.error, ValueError) as error:
        raise Invalid("cursor is not one of ours") from error
    if version != _VERSION:
        raise Invalid(f"cursor has version {version}, this server reads {_VERSION}")
    cursor = Cursor(*numbers)
    if encode(cursor) != text:
        raise Invalid("cursor is not one of ours")
    return cursor
