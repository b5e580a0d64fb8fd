"""The stream behind the log of topics. It tells what it has stored, with numbers by which a loss is noticed."""

import logging
from datetime import datetime
from typing import Any, Final

from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.jetstream import create_stream, ensure_stream, find_stream, nanoseconds
from notifications.domain.limits import DEDUPLICATION_WINDOW, TOPICS_AGE, TOPICS_SIZE
from notifications.domain.subjects import LIVE, TOPICS
from notifications.domain.topics import LogEnd

log: Final = logging.getLogger(__name__)

STREAM: Final = "NTF_TOPICS"


def stream_config(replicas: int) -> dict[str, Any]:
    """Return the stream. It loses messages at its head only: a hole elsewhere would look like a loss for ever."""
    return {
        "name": STREAM,
        "subjects": [f"{TOPICS}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_age": nanoseconds(TOPICS_AGE),
        "max_bytes": TOPICS_SIZE,
        "max_msgs_per_subject": -1,
        "duplicate_window": nanoseconds(DEDUPLICATION_WINDOW),
        "num_replicas": replicas,
        "allow_direct": True,
        "deny_delete": True,
        "deny_purge": True,
        "republish": {"src": f"{TOPICS}.>", "dest": f"{LIVE}.>"},
    }


async def ensure(connection: Connection, replicas: int) -> None:
    """Create or update the stream."""
    await ensure_stream(connection, stream_config(replicas))


async def create(connection: Connection, replicas: int) -> None:
    """Create the stream if there is none."""
    if await create_stream(connection, stream_config(replicas)):
        log.warning("the log of topics is not there and begins anew", extra={"event": "nats_error"})


async def find_end(connection: Connection) -> LogEnd | None:
    """Return the stream's epoch and its first and last number, or None if there is no stream."""
    found = await find_stream(connection, STREAM)
    if not found:
        return None
    state = found["state"]
    # A stream that never had a message has no first number
    return LogEnd(read_epoch(found["created"]), max(state["first_seq"], 1), state["last_seq"])


async def list_subjects(connection: Connection, subject: str) -> list[str]:
    """Return the subjects below one with wildcards that the stream holds messages of."""
    listed: list[str] = []
    while True:
        asked = {"subjects_filter": subject, "offset": len(listed)}
        found = await find_stream(connection, STREAM, asked)
        page = found.get("state", {}).get("subjects") or {}
        listed += page
        if not page or len(listed) >= found["total"]:
            return listed


def read_epoch(created: str) -> int:
    """Return a time as the server writes it in nanoseconds since 1970: whoever loses its storage starts another."""
    seconds, _, fraction = created.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{seconds}+00:00").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))
