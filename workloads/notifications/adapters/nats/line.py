"""Asking a pull consumer for jobs, without waiting for a batch to fill and without leaving a job behind."""

import asyncio
import json
from contextlib import suppress
from typing import Final

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.deadline import within_time
from notifications.adapters.nats.jetstream import nanoseconds
from notifications.adapters.nats.streams import STREAM
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Lane

# How much later than asked for the server may say that there is nothing
GRACE: Final = 1.0

_NO_MESSAGES: Final = 404
_EXPIRED: Final = 408


class Line:
    """The inbox on which the jobs of one lane arrive, for one request at a time."""

    def __init__(self, connection: Connection, lane: Lane) -> None:
        self._connection = connection
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{lane.name}"
        self._inbox = connection.make_inbox()
        self._requests = 0
        self._limit = 0
        self._arrived: list[Message] = []
        self._end: asyncio.Future[Message] | None = None
        self._interest = connection.listen(f"{self._inbox}.*", self._on_message)

    async def pull(self, limit: int, wait: float) -> list[Message]:
        """Return 1 to `limit` messages, or none after `wait` seconds."""
        # With `no_wait` the server ends the request as soon as it has handed out what is there; `expires` makes it
        # wait for the first message, so nothing waits for a batch to fill and no request is left behind
        request = {"batch": limit, "expires": nanoseconds(wait), "no_wait": True}
        self._requests += 1
        self._limit = limit
        self._connection.publish(self._next, json.dumps(request).encode(), self._reply)
        self._end = self._connection.promise()
        end = await within_time(self._end, wait + GRACE, "a request for jobs")
        if end.status not in (0, _NO_MESSAGES, _EXPIRED):
            raise Unavailable(f"the work queue is gone or has no leader: {end.status} {end.reason}".rstrip())
        arrived, self._arrived = self._arrived, []
        return arrived

    def abandon(self) -> None:
        """Give back what has arrived for a request that nobody waits for any more, and what still will."""
        self._end = None
        for message in self._arrived:
            self._give_back(message)
        self._connection.retire(self._interest)

    @property
    def _reply(self) -> str:
        return f"{self._inbox}.{self._requests}"

    def _on_message(self, message: Message) -> None:
        if self._end is None:
            self._give_back(message)
        elif message.status == 0:
            self._arrived.append(message)
            if len(self._arrived) == self._limit and not self._end.done():
                self._end.set_result(message)
        elif message.subject == self._reply and not self._end.done():
            self._end.set_result(message)

    def _give_back(self, message: Message) -> None:
        if message.status == 0:
            with suppress(Unavailable):
                self._connection.publish(message.reply, b"-NAK")
