"""Every error that reaches a caller carries a code of the contract, and the tree is drawn as it is."""

import inspect
import re

import pytest

from notifications.domain import errors

CODES = {
    "UNAUTHENTICATED", "TOKEN_EXPIRED", "REVOKED", "FORBIDDEN", "NOT_FOUND", "INVALID", "TOO_LARGE", "RATE_LIMIT",
    "CONNECTION_LIMIT", "SLOW_CONSUMER", "UNAVAILABLE", "RESYNC",
}  # fmt: skip
CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_docstring_draws_every_error_below_its_parent(kind: type[Exception]) -> None:
    drawn = re.findall(r"^([│ ├└─]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    path: list[str] = []
    for branch, name in drawn:
        path[len(branch) // 4 :] = [name]
        if name == kind.__name__:
            assert path == [parent.__name__ for parent in reversed(kind.__mro__[: len(path)])]
            return
    pytest.fail(f"{kind.__name__} is not drawn")


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if hasattr(kind, "code")], ids=lambda kind: kind.__name__)
def test_codes_are_those_of_the_contract(kind: type[Exception]) -> None:
    assert kind.code in CODES  # type: ignore[attr-defined]


def test_an_expired_token_is_told_by_a_fixed_message() -> None:
    assert str(errors.TokenExpired()) == "Token expired"
