"""Saved sessions on JetStream: put with the server's acknowledgement, read by direct get, forgotten by nothing."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from notifications.adapters.nats import session_stream
from notifications.adapters.nats.acknowledgement import read_acknowledgement
from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection, Question
from notifications.domain.errors import Unavailable
from notifications.domain.saved import Saved
from notifications.domain.subjects import session

_GET: Final = f"$JS.API.DIRECT.GET.{session_stream.STREAM}"
_NOTHING: Final = 404
_NO_RESPONDERS: Final = 503
_OTHER_NUMBER: Final = frozenset({10071, 10164})


class NatsSessionStore:
    """The port SessionStore. Whoever meets a missing stream makes it."""

    def __init__(self, connection: Connection, replicas: int = 1) -> None:
        self._connection = connection
        self._replicas = replicas

    async def put(self, saved: Sequence[Saved]) -> list[int | Unavailable | None]:
        """Save each that may replace what is there."""
        questions = [_ask(one) for one in saved]
        answers = await self._connection.ask_each(questions)
        if any(answer and answer.status == _NO_RESPONDERS for answer in answers):
            await session_stream.create(self._connection, self._replicas)
            answers = await self._connection.ask_each(questions)
        return [_read_number(answer) for answer in answers]

    async def get(self, tenant: str, private_id: str) -> bytes | None:
        """Return what was saved last; without a stream that is nothing."""
        asked = json.dumps({"last_by_subj": session(tenant, private_id)}).encode()
        answer = await self._connection.request(_GET, asked)
        if answer.status not in (0, _NOTHING, _NO_RESPONDERS):
            raise Unavailable(f"saved sessions cannot be read: {answer.status}")
        return None if answer.status else answer.data or None

    def forget(self, tenant: str, private_id: str) -> None:
        """Save nothing in its place."""
        with suppress(Unavailable):
            self._connection.publish(session(tenant, private_id), b"")


def _ask(saved: Saved) -> Question:
    headers = b""
    if saved.number is not None:
        headers = b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: %d\r\n\r\n" % saved.number
    return session(saved.tenant, saved.private_id), saved.body, headers


def _read_number(answer: Message | None) -> int | Unavailable | None:
    if answer is None or answer.status:
        return Unavailable("what a connection follows could not be saved")
    told = read_acknowledgement(answer.data)
    if told.error is None:
        return told.seq
    if told.error.err_code in _OTHER_NUMBER:
        return None
    return Unavailable(f"what a connection follows was not saved: {told.error.description}")
