"""Callers of all kinds, and the list of everything that is served."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.support.rest import Rest
from tests.support.stack import Stack

Act = Callable[..., Rest]
Document = dict[str, Any]
_numbers = count(1)


@pytest.fixture
def act(stack: Stack) -> Act:
    """The REST interface as a user: `act("alice")`, or with other claims."""
    return lambda user, tenant="default", **claims: Rest(stack.url, stack.token(user, tenant, **claims))


@pytest.fixture
def tenant() -> str:
    """A tenant of this test alone."""
    return f"secure-{next(_numbers)}"


@pytest.fixture
async def document(stack: Stack) -> Document:
    """All operations that are served."""
    served: Document = (await Rest(stack.url, "").request("GET", "/api/openapi.json")).body
    return served
