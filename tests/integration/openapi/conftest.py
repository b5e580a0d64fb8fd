"""The document that a real gateway serves, and a tenant in which its operations may do what they want."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from notifications.domain.principal import ADMIN, WRITE
from tests.support.rest import Rest
from tests.support.stack import Stack

Document = dict[str, Any]
Act = Callable[..., Rest]

_tenants = itertools.count(1)
CLAIMS: dict[tuple[str, ...], dict[str, Any]] = {
    (): {"scope": ""},
    (WRITE,): {},
    (ADMIN,): {"scope": "", "roles": [ADMIN]},
}
"""What tokens say by what operations ask for."""


@pytest.fixture
async def document(stack: Stack) -> Document:
    served: Document = (await Rest(stack.url, "").request("GET", "/api/openapi.json")).body
    return served


@pytest.fixture
def act(stack: Stack) -> Act:
    """The REST interface for who has what an operation asks for, as a user of a tenant of this test alone."""
    tenant = f"openapi-{next(_tenants)}"
    return lambda needs: Rest(stack.url, stack.token(name_of(needs), tenant, **CLAIMS[needs]))


def name_of(needs: tuple[str, ...]) -> str:
    """The user who has what an operation asks for."""
    return "-".join(("user", *needs))
