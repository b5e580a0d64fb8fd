"""The log of topics on JetStream: appends wait for the server's acknowledgement, reads are direct gets of batches."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from notifications.adapters.nats import topic_stream
from notifications.adapters.nats.acknowledgement import read_acknowledgement
from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import ANSWER_WITHIN, Connection
from notifications.adapters.nats.deadline import within_time
from notifications.adapters.nats.direct_get import collect
from notifications.adapters.nats.headers import LAST, PENDING, SEQUENCE, SUBJECT, UP_TO, find_header, find_number
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.topics import Entry, LogEnd, LogPage, Topic

# What one answer brings at most, a message more or less
PAGE_BYTES: Final = 1024 * 1024
# What the server looks up at once
MAX_LAST: Final = 1024

_GET: Final = f"$JS.API.DIRECT.GET.{topic_stream.STREAM}"
_ALL_SENT: Final = 204
_NOTHING: Final = 404
_TOO_MANY: Final = 413
_NO_RESPONDERS: Final = 503


class NatsTopicLog:
    """The port TopicLog. Whoever meets a missing stream makes it: one that was lost is back with the next message."""

    def __init__(self, connection: Connection, replicas: int = 1) -> None:
        self._connection = connection
        self._replicas = replicas
        self._creation: asyncio.Task[None] | None = None

    async def append(self, topic: Topic, body: bytes, id: UUID) -> int:
        """Store a message and return its number."""
        subject, headers = _stored(topic), f"NATS/1.0\r\nNats-Msg-Id: {id}\r\n\r\n".encode()

        async def publish() -> Message:
            return await within_time(self._connection.ask(subject, body, headers), ANSWER_WITHIN, "a message")

        answer = await publish()
        if answer.status == _NO_RESPONDERS:
            await self._create()
            answer = await publish()
        if answer.status:
            raise Unavailable("the log of topics has no leader")
        acknowledgement = read_acknowledgement(answer.data)
        if acknowledgement.error:
            raise Unavailable(f"the log of topics took no message: {acknowledgement.error.description}")
        return acknowledgement.seq

    async def read(self, topic: Topic, after: int, limit: int) -> LogPage:
        """Return the next at most `limit` messages with numbers above `after`; fewer if they are large."""
        asked = {"seq": after + 1, "batch": limit, "next_by_subj": _stored(topic)}
        *messages, end = await self._get(asked)
        entries = tuple(_link(messages, after))
        more = end.status == _ALL_SENT and find_number(end.headers, PENDING) > 0
        return LogPage(entries, entries[-1].seq if entries else after, more)

    async def find_last(self, topics: Sequence[Topic], after: int = 0) -> dict[str, int]:
        """Return by subject the number of the newest message of each topic that has one above `after`."""
        return await self._find_last([_stored(topic) for topic in topics], after)

    async def find_end(self) -> LogEnd:
        """Return the log's epoch and its first and last number."""
        end = await topic_stream.find_end(self._connection)
        if end is None:
            await self._create()
            end = await topic_stream.find_end(self._connection)
        if end is None:
            raise Unavailable("the log of topics was lost")
        return end

    async def _find_last(self, wanted: Sequence[str], after: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(wanted), MAX_LAST):
            some = wanted[start : start + MAX_LAST]
            last = await self._find_some(some, after)
            found |= await self._find_last(await self._spell_out(some), after) if last is None else last
        return found

    async def _find_some(self, wanted: Sequence[str], after: int) -> dict[str, int] | None:
        """Return what `wanted` stand for, None if that is more than the server looks up at once."""
        found: dict[str, int] = {}
        asked: dict[str, Any] = {"multi_last": wanted, "seq": after + 1}
        while True:
            *messages, end = await self._get(asked)
            if end.status == _TOO_MANY:
                return None
            found |= {_live(message): find_number(message.headers, SEQUENCE) for message in messages}
            if end.status == _NOTHING or find_number(end.headers, PENDING) == 0:
                return found
            asked["seq"] = find_number(end.headers, LAST) + 1
            asked["up_to_seq"] = find_number(end.headers, UP_TO)

    async def _spell_out(self, wanted: Sequence[str]) -> list[str]:
        spelled: set[str] = set()
        for subject in wanted:
            is_exact = subjects.WILDCARDS.isdisjoint(subject.split("."))
            spelled.update([subject] if is_exact else await topic_stream.list_subjects(self._connection, subject))
        return sorted(spelled)

    async def _get(self, asked: dict[str, Any]) -> list[Message]:
        body = json.dumps(asked | {"max_bytes": PAGE_BYTES}).encode()
        answers = await collect(self._connection, _GET, body)
        if answers[-1].status == _NO_RESPONDERS:
            await self._create()
            answers = await collect(self._connection, _GET, body)
        end = answers[-1]
        if end.status not in (_ALL_SENT, _NOTHING, _TOO_MANY):
            raise Unavailable(f"the log of topics does not answer: {end.status} {end.reason}".rstrip())
        return answers

    async def _create(self) -> None:
        # Whoever waits may leave, and the rest waits on
        if self._creation is None or self._creation.done():
            self._creation = asyncio.create_task(topic_stream.create(self._connection, self._replicas))
            self._creation.add_done_callback(lambda creation: creation.cancelled() or creation.exception())
        await asyncio.shield(self._creation)


def _link(messages: Sequence[Message], after: int) -> Iterator[Entry]:
    """Yield entries; before the first of its subject, nothing is missing since `after`."""
    last: dict[str, int] = {}
    for message in messages:
        subject, seq = _live(message), find_number(message.headers, SEQUENCE)
        yield Entry(subject, seq, last.get(subject, after), message.data)
        last[subject] = seq


def _stored(topic: Topic) -> str:
    return subjects.stored(topic.tenant, topic.tokens)


def _live(message: Message) -> str:
    stored = find_header(message.headers, SUBJECT).decode()
    return subjects.LIVE + stored.removeprefix(subjects.TOPICS)
