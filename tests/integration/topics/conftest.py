"""Names nobody else has heard of, so that tests share one stack without hearing each other."""

import itertools
from dataclasses import dataclass

import pytest

from tests.support.rest import Answer, Rest
from tests.support.stack import Stack

_numbers = itertools.count(1)


@pytest.fixture
def number() -> int:
    return next(_numbers)


@pytest.fixture
def orders(number: int) -> str:
    """A topic that all may listen to, and producers may speak to."""
    return f"orders.{number}"


@pytest.fixture
def group(number: int) -> str:
    return f"team-{number}"


@dataclass(frozen=True)
class Voice:
    """A producer that speaks to topics over REST."""

    rest: Rest

    async def say(self, topic: str, payload: object, **metadata: object) -> Answer:
        body = {"payload": payload} | ({"metadata": metadata} if metadata else {})
        return await self.rest.request("POST", f"/api/topics/{topic}/messages", json=body)

    async def history(self, topic: str, **query: object) -> Answer:
        return await self.rest.request("GET", f"/api/topics/{topic}/messages", params=query)


@pytest.fixture
def voice(stack: Stack) -> Voice:
    return Voice(Rest(stack.url, stack.token("producer")))
