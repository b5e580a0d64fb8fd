"""Rooms nobody else has heard of, so that tests share one stack without seeing each other."""

import itertools
from collections.abc import Callable

import pytest

from tests.support.stack import Stack

_numbers = itertools.count(1)
Token = Callable[..., str]


@pytest.fixture
def group() -> str:
    return f"crew-{next(_numbers)}"


@pytest.fixture
def room(group: str) -> str:
    return f"group:{group}"


@pytest.fixture
def token(stack: Stack, group: str) -> Token:
    """A token of who may join the group of this test."""
    return lambda user, **claims: stack.token(user, **{"scope": "", "groups": [group], **claims})
