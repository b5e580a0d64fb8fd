"""The stream behind saved sessions: the last message of each subject counts, and ages."""

import logging
from typing import Any, Final

from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.jetstream import create_stream, ensure_stream, nanoseconds
from notifications.domain.limits import SAVED_KEPT, SAVED_SIZE
from notifications.domain.subjects import SESSIONS

log: Final = logging.getLogger(__name__)

STREAM: Final = "NTF_SESSIONS"


def stream_config(replicas: int) -> dict[str, Any]:
    """Return the stream. When it is full it forgets the oldest, which costs those a recovery."""
    return {
        "name": STREAM,
        "subjects": [f"{SESSIONS}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_age": nanoseconds(SAVED_KEPT),
        "max_bytes": SAVED_SIZE,
        "max_msgs_per_subject": 1,
        # Nothing here is stored by an id, and by default JetStream would remember for two minutes
        "duplicate_window": nanoseconds(1),
        "num_replicas": replicas,
        "allow_direct": True,
    }


async def ensure(connection: Connection, replicas: int) -> None:
    """Create or update the stream."""
    await ensure_stream(connection, stream_config(replicas))


async def create(connection: Connection, replicas: int) -> None:
    """Create the stream if there is none."""
    if await create_stream(connection, stream_config(replicas)):
        log.info("saved sessions are not there and begin anew", extra={"event": "nats_error"})
