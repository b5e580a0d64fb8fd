"""Asking a stream for messages without a consumer: many answers to one request, on a subject of its own."""

import asyncio

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import ANSWER_WITHIN, Connection
from notifications.adapters.nats.deadline import within_time


async def collect(connection: Connection, subject: str, data: bytes, within: float = ANSWER_WITHIN) -> list[Message]:
    """Send a message and return all answers up to the first with a status, which ends them.

    Raises Unavailable if they do not end in time.
    """
    answers: list[Message] = []

    def keep(promise: asyncio.Future[Message], answer: Message) -> None:
        answers.append(answer)
        if answer.status and not promise.done():
            promise.set_result(answer)

    reply = connection.make_inbox()
    connection.publish(subject, data, reply)
    await within_time(connection.promise(reply, keep), within, subject)
    return answers
