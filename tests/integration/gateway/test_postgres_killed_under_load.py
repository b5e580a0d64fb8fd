"""PostgreSQL dies again and again under a stream of requests: an answer is 201 and true, or 503 and says when."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from threading import Event
from urllib.parse import urlsplit

import pytest

from tests.support.rest import Answer, Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

KILLS = 6
PRODUCERS = 16


@dataclass
class Stream:
    """Producers that send without a pause. Each request has a key and a recipient of its own."""

    rest: Rest
    answers: dict[str, Answer] = field(default_factory=dict)
    over: Event = field(default_factory=Event)

    async def run(self) -> None:
        await asyncio.gather(*(self._produce(number) for number in range(PRODUCERS)))

    async def send(self, key: str) -> Answer:
        return await self.rest.post({"recipients": [key], "type": "message", "content": key}, key)

    async def insist(self, key: str) -> Answer:
        """Repeat a request until it is accepted."""

        async def accepted() -> Answer | None:
            answer = await self.send(key)
            assert answer.status in {201, 503}
            return answer if answer.status == 201 else None

        answer = await eventually(accepted, within=30, what=f"a 201 for {key}")
        assert answer is not None
        return answer

    async def _produce(self, number: int) -> None:
        count = 0
        while not self.over.is_set():
            key = f"{number}-{count}"
            self.answers[key] = await self.send(key)
            count += 1

    def count(self) -> Counter[int]:
        return Counter(answer.status for answer in tuple(self.answers.values()))


async def outlive_a_kill(stack: Stack, stream: Stream) -> None:
    """Kill PostgreSQL while requests are accepted, and start it again once one was refused."""
    before = stream.count()
    await eventually(lambda: stream.count()[201] >= before[201] + 50, within=60, what="a stream of 201")
    await stack.kill("postgres")
    await eventually(lambda: stream.count()[503] > before[503], within=30, what="a 503")
    await stack.start("postgres")


async def test_every_201_is_kept_and_everything_else_is_503(private_stack: Stack) -> None:
    stack = private_stack
    stream = Stream(Rest(stack.url, stack.token("producer")))
    # On a loop of its own, for starting and killing the server blocks this one
    running = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(stream.run())))
    try:
        for _ in range(KILLS):
            await outlive_a_kill(stack, stream)
    finally:
        stream.over.set()
        await running

    print(f"PostgreSQL killed {KILLS} times: {stream.count()[201]} x 201, {stream.count()[503]} x 503")
    for name in ("gateway-0", "gateway-1"):
        assert "Traceback" not in stack.log(name)
    assert set(stream.count()) == {201, 503}
    for answer in stream.answers.values():
        assert answer.status == 201 or int(answer.headers["Retry-After"]) >= 1
        assert answer.status == 201 or answer.body["code"] == "UNAVAILABLE"
    found = rows(stack)
    for key, answer in stream.answers.items():
        if answer.status == 201:
            assert found[key] == [placed["id"] for placed in answer.body["notifications"]]
    assert all(len(ids) == 1 for ids in found.values())

    unsure = [key for key, answer in stream.answers.items() if answer.status == 503]
    again = await asyncio.gather(*map(stream.insist, unsure))
    twice = await asyncio.gather(*map(stream.insist, unsure))
    assert [answer.raw for answer in again] == [answer.raw for answer in twice]
    found = rows(stack)
    assert sorted(found) == sorted(stream.answers)
    assert {len(ids) for ids in found.values()} == {1}


def rows(stack: Stack) -> dict[str, list[str]]:
    """The ids of the notifications of each recipient."""
    grouped = "select recipient_id, json_agg(id) as ids from notifications group by recipient_id"
    sql = f"select json_object_agg(recipient_id, ids) from ({grouped})"
    text = stack.postgres.execute(sql, urlsplit(stack.database).path[1:])
    decoded: dict[str, list[str]] = json.loads(text)
    return decoded
