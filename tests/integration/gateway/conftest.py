"""People nobody else has heard of, so that tests share one stack without sharing an inbox."""

import itertools
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.support.rest import Rest
from tests.support.stack import Stack

_numbers = itertools.count(1)

Act = Callable[..., Rest]
Query = Callable[[str], str]


@pytest.fixture
def alice() -> str:
    return f"alice-{next(_numbers)}"


@pytest.fixture
def bob() -> str:
    return f"bob-{next(_numbers)}"


@pytest.fixture
def act(stack: Stack) -> Act:
    """The REST interface as a user: `act("alice")`, or with other claims."""
    return lambda user, **claims: Rest(stack.url, stack.token(user, **claims))


@pytest.fixture
def query(stack: Stack) -> Query:
    """Ask the stack's database."""
    return lambda sql: stack.postgres.execute(sql, urlsplit(stack.database).path[1:])
