"""Text that PostgreSQL, JSON and people can all hold."""

import math
import re

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_DEPTH, MAX_NAME

# NUL cannot be stored; a lone surrogate cannot be encoded
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
TYPE = re.compile(r"[a-z0-9_.-]{1,50}")
_TENANT = re.compile(r"[a-z0-9-]{1,63}")
# Possessive and content with a missing end: what it has passed it never looks at again, however hostile the text
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def check_text(value: str, field: str, most: int) -> str:
    """Return `value`, or raise: Invalid if it cannot be stored, TooLarge above `most` characters."""
    if _UNSTORABLE.search(value):
        raise Invalid(f"{field} contains a character that cannot be stored (NUL or a lone surrogate)")
    if len(value) > most:
        raise TooLarge(f"{field} is longer than {most} characters")
    return value


def to_line(value: str, most: int) -> str:
    """Return text as one line of at most `most` characters: what a header or a title can hold."""
    return shorten(" ".join(_CONTROL.sub(" ", value).split()), most)


def shorten(value: str, most: int) -> str:
    """Return text cut to at most `most` characters, the last of which shows that it was cut."""
    return value if len(value) <= most else value[: most - 1].rstrip() + "…"


def check_id(value: str, field: str) -> str:
    """Return the id of a user, actor or entity: 1 to 128 characters."""
    if not value:
        raise Invalid(f"{field} is empty")
    return check_text(value, field, MAX_NAME)


def check_type(value: str, field: str) -> str:
    """Return a type such as `like` or `order.shipped`."""
    if not TYPE.fullmatch(value):
        raise Invalid(f"{field} must be 1 to 50 of a-z, 0-9, '_', '.', '-'")
    return value


def check_tenant(value: str) -> str:
    """Return a tenant name that is safe in a NATS subject."""
    if not _TENANT.fullmatch(value):
        raise Invalid("tenant must be 1 to 63 of a-z, 0-9, '-'")
    return value


def check_depth(document: bytes) -> bytes:
    """Return raw JSON whose nesting a parser can walk safely; raises Invalid when deeper than MAX_DEPTH."""
    if document.count(b"[") + document.count(b"{") <= MAX_DEPTH:
        return document  # as almost every document: too few brackets, wherever they stand
    depth = 0
    for byte in _STRINGS.sub(b"", document):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Invalid(f"JSON is nested deeper than {MAX_DEPTH} levels")
        elif byte in b"]}":
            depth -= 1
    return document


def check_document(value: object, field: str) -> None:
    """Refuse decoded JSON, not deeper than MAX_DEPTH, that holds text or numbers which cannot be stored."""
    match value:
        case str():
            check_text(value, field, len(value))
        case float():
            if not math.isfinite(value):
                raise Invalid(f"{field} contains a number that JSON does not know")
        case list():
            for item in value:
                check_document(item, field)
        case dict():
            for key, item in value.items():
                check_document(key, field)
                check_document(item, field)
