"""Tenants and users of one test alone, so that tests share one stack and its counts."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.rest import Answer, Rest
from tests.support.stack import Stack

_numbers = itertools.count(1)

Claims = dict[str, object]
PRODUCER: Claims = {}
NOBODY: Claims = {"scope": ""}
ADMIN: Claims = {"scope": "", "roles": ["admin"]}


@dataclass(frozen=True)
class Caller:
    """Somebody who broadcasts over REST."""

    rest: Rest

    async def broadcast(self, to: object, payload: object = None, event: object = "news:breaking") -> Answer:
        body = {"event": event, "payload": {"text": "hello ☃"} if payload is None else payload, "to": to}
        return await self.rest.request("POST", "/api/broadcasts", json=body)


Call = Callable[..., Caller]


@pytest.fixture
def tenant() -> str:
    return f"emits-{next(_numbers)}"


@pytest.fixture
def call(stack: Stack, tenant: str) -> Call:
    """A caller of the tenant: `call()` is a producer, `call(ADMIN)` an administrator."""

    def make(claims: Claims = PRODUCER, user: str = "caller") -> Caller:
        return Caller(Rest(stack.url, stack.token(user, tenant, **claims)))  # type: ignore[arg-type]

    return make
