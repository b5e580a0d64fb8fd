"""The stream behind the work queues, as data, and the calls that make it so; the log of topics is made beside."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

from notifications.adapters.nats import session_stream, topic_stream
from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.jetstream import call, checked, ensure_stream, find_stream, nanoseconds
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import LANES, Lane
from notifications.domain.limits import DEDUPLICATION_WINDOW
from notifications.domain.subjects import JOBS, jobs

log: Final = logging.getLogger(__name__)

STREAM: Final = "NTF_JOBS"
# About 300 MB; above it publishing is refused and jobs wait in the outbox
MAX_JOBS: Final = 1_000_000
# Jobs of one lane that workers hold or that wait for a retry. With this many the server hands out nothing else, so a
# lower limit would let one dead endpoint stop the webhooks of all
MAX_LOCKED: Final = MAX_JOBS

_NO_MESSAGE: Final = 10037


def stream_config(replicas: int) -> dict[str, Any]:
    """Return the stream: each job is removed when done, refused when full, and never expires."""
    return {
        "name": STREAM,
        "subjects": [f"{JOBS}.>"],
        "retention": "workqueue",
        "storage": "file",
        "discard": "new",
        "max_msgs": MAX_JOBS,
        "max_age": 0,
        "duplicate_window": nanoseconds(DEDUPLICATION_WINDOW),
        "num_replicas": replicas,
    }


def consumer_config(lane: Lane, lock: float) -> dict[str, Any]:
    """Return the durable consumer of one lane. It never gives up by itself: the worker decides what is dead."""
    return {
        "name": lane.name,
        "durable_name": lane.name,
        "filter_subject": jobs(lane),
        "ack_policy": "explicit",
        "ack_wait": nanoseconds(lock),
        "max_deliver": -1,
        "max_ack_pending": MAX_LOCKED,
    }


async def find_created(connection: Connection) -> str | None:
    """Return the time of the stream's creation as the server writes it, or None if there is no stream."""
    found = await find_stream(connection, STREAM)
    return str(found["created"]) if found else None


async def find_ages(connection: Connection) -> dict[Lane, float]:
    """Return how many seconds ago the first message of each lane was stored, 0.0 if there is none, by this clock."""
    wanted = [json.dumps({"next_by_subj": jobs(lane)}).encode() for lane in LANES]
    answers = await connection.ask_each([(f"$JS.API.STREAM.MSG.GET.{STREAM}", body, b"") for body in wanted])
    now = datetime.now(UTC)
    ages = {lane: _find_age(answer, now) for lane, answer in zip(LANES, answers, strict=True)}
    return {lane: age for lane, age in ages.items() if age is not None}


async def ensure(connection: Connection, replicas: int, lock: float) -> str:
    """Create or update the streams and the consumers, whoever else does the same; return when that of jobs was created.

    Work goes on without the log of topics and saved sessions.
    """
    made = await ensure_stream(connection, stream_config(replicas))
    for lane in LANES:
        consumer = {"stream_name": STREAM, "config": consumer_config(lane, lock)}
        checked(await call(connection, f"CONSUMER.CREATE.{STREAM}.{lane.name}.{jobs(lane)}", consumer))
    try:
        await topic_stream.ensure(connection, replicas)
        await session_stream.ensure(connection, replicas)
    except Unavailable as error:
        reason = {"event": "nats_error", "reason": str(error)}
        log.warning("the log of topics is not ready, or saved sessions", extra=reason)
    return str(made["created"])


def _find_age(answer: Message | None, now: datetime) -> float | None:
    if answer is None or answer.status:
        return None
    fields: dict[str, Any] = json.loads(answer.data)
    if error := fields.get("error"):
        return 0.0 if error.get("err_code") == _NO_MESSAGE else None
    return max((now - datetime.fromisoformat(fields["message"]["time"])).total_seconds(), 0.0)
