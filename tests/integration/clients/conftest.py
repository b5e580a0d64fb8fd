"""People nobody else has heard of, on the stack that all tests share."""

import itertools

import pytest

from tests.support.rest import Rest
from tests.support.stack import Stack

_numbers = itertools.count(1)


@pytest.fixture
def carol() -> str:
    return f"carol-{next(_numbers)}"


@pytest.fixture
def producer(stack: Stack) -> Rest:
    return Rest(stack.url, stack.token("producer"))
