"""Many questions with one promise: each gets its own answer, or none in time."""

import asyncio

import pytest

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection, Question
from notifications.domain.errors import Unavailable
from tests.integration.nats.conftest import Open
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

QUESTIONS: list[Question] = [(f"test.{number}", b"%d" % number, b"") for number in range(3)]


async def answer(connection: Connection, *subjects: str) -> None:
    """Return each question on one of `subjects` to its sender, twice."""
    for subject in subjects:

        def reply(message: Message) -> None:
            for _ in range(2):
                connection.publish(message.reply, message.data)

        connection.listen(subject, reply)
    await connection.flush()


async def test_each_question_gets_its_own_answer(nats_server: NatsServer, open_connection: Open) -> None:
    asker, answerer = await open_connection(nats_server), await open_connection(nats_server)
    await answer(answerer, "test.2", "test.0", "test.1")
    answers = await asker.ask_each(QUESTIONS)
    assert [found and found.data for found in answers] == [b"0", b"1", b"2"]


async def test_a_question_that_nobody_answers_in_time_has_none_and_harms_no_other(
    nats_server: NatsServer, open_connection: Open
) -> None:
    asker, answerer = await open_connection(nats_server), await open_connection(nats_server)
    await answer(answerer, "test.0", "test.2")
    answerer.listen("test.1", lambda _: None)
    await answerer.flush()
    answers = await asker.ask_each(QUESTIONS, within=0.3)
    assert [found and found.data for found in answers] == [b"0", None, b"2"]


async def test_a_lost_connection_ends_the_wait_at_once(private_nats: NatsServer, open_connection: Open) -> None:
    asker, answerer = await open_connection(private_nats), await open_connection(private_nats)
    heard: list[object] = []
    for subject, _, _ in QUESTIONS:
        answerer.listen(subject, heard.append)
    await answerer.flush()
    asking = asyncio.create_task(asker.ask_each(QUESTIONS, within=60))
    await eventually(lambda: len(heard) == len(QUESTIONS))
    await asyncio.to_thread(private_nats.kill)
    with pytest.raises(Unavailable, match="lost"):
        await asyncio.wait_for(asking, 10)
