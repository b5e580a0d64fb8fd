"""What is saved of a connection, so that whoever comes back at another gateway goes on to follow what it followed.

As bytes it is JSON: {"follows": [{"topic": a name, "filter": as clients write it, if there is one}]}.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from notifications.domain.errors import TooLarge
from notifications.domain.filters import Filter, read_filter, write_filter
from notifications.domain.limits import MAX_SAVED
from notifications.domain.topics import Topic, read_pattern


@dataclass(frozen=True, slots=True)
class Follow:
    """A topic, or topics with wildcards, that a connection follows."""

    topic: Topic
    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What is to be saved under a private id, `body` as `write_follows` makes it.

    With a `number` it replaces only what was saved under that number, 0 for nothing; with None whatever there is.
    """

    tenant: str
    private_id: str
    body: bytes
    number: int | None = None


def write_follows(follows: Iterable[Follow]) -> bytes:
    """Return them as bytes. Raises TooLarge above MAX_SAVED."""
    body = json.dumps({"follows": [_write(follow) for follow in follows]}).encode()
    if len(body) > MAX_SAVED:
        raise TooLarge(f"what one socket follows, with its filters, takes more than {MAX_SAVED} bytes: follow less")
    return body


def read_follows(tenant: str, body: bytes) -> tuple[Follow, ...]:
    """Return what was written. Raises Invalid, ValueError or LookupError for what was not."""
    return tuple(_read(tenant, fields) for fields in json.loads(body)["follows"])


def _write(follow: Follow) -> dict[str, Any]:
    fields: dict[str, Any] = {"topic": follow.topic.name}
    return fields if follow.filter is None else {**fields, "filter": write_filter(follow.filter)}


def _read(tenant: str, fields: dict[str, Any]) -> Follow:
    filter = fields.get("filter")
    return Follow(read_pattern(tenant, fields["topic"]), None if filter is None else read_filter(filter))
