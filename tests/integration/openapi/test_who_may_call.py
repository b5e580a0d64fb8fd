"""What an operation says of its callers holds: without a token, with a wrong one, and with each that there is."""

from collections.abc import Iterator
from uuid import UUID

from tests.integration.openapi.conftest import CLAIMS, Act, Document
from tests.support.rest import Rest
from tests.support.stack import Stack


async def test_an_operation_with_a_lock_opens_to_no_stranger(stack: Stack, document: Document) -> None:
    locked = [call for *call, operation in operations(document) if operation["security"]]
    assert len(locked) > 10
    for token in ("", "wrong", stack.token("late", exp=1)):
        for method, path in locked:
            answer = await Rest(stack.url, token).request(method, path)
            assert (answer.status, method, path) == (401, method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_operation_opens_to_those_who_have_what_it_asks_for(document: Document, act: Act) -> None:
    for method, path, operation in operations(document):
        needed = {claim for lock in operation["security"] for claim in lock["token"]}
        for claims in CLAIMS:
            answer = await act(claims).request(method, path)
            assert str(answer.status) in operation["responses"], (method, path, answer)
            refused = answer.status == 403
            if needed or "403" not in operation["responses"]:
                assert refused != (needed <= set(claims)), (method, path, claims, answer)


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each method and path, with something in the place of its parameters, and what is said of it."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), fill(path, operation), operation


def fill(path: str, operation: Document) -> str:
    for parameter in operation["parameters"]:
        values = {"uuid": str(UUID(int=7)), None: parameter["schema"].get("enum", ["somebody"])[0]}
        path = path.replace(f"{{{parameter['name']}}}", values[parameter["schema"].get("format")])
    return path
