"""Each route says beside its handler what OpenAPI shall say of it, and nothing says it that is no route."""

import re
from typing import Any

import pytest

from notifications.adapters.http.openapi import name_of, path_of
from notifications.adapters.http.operation import operation_of
from tests.support.apis import all_routes, find_apis, routes_of

ROUTES = {f"{route.method} {route.path}": route for route in all_routes()}


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_a_route_declares_its_operation(route: Any) -> None:
    operation = operation_of(route)
    assert operation is not None, f"decorate {route.handler.__qualname__} with an Operation"
    declared = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
    assert declared == set(re.findall(r"\{(\w+)", path_of(route)))
    assert route.handler.__doc__
    assert min(operation.answers) < 300


@pytest.mark.parametrize("api", [*find_apis()], ids=lambda api: api.__name__)
def test_an_operation_is_declared_of_routes_only(api: type[Any]) -> None:
    declared = {name for name, member in vars(api).items() if hasattr(member, "operation")}
    assert declared == {route.handler.__name__ for route in routes_of(api)}


def test_no_two_operations_have_the_same_id_or_address() -> None:
    ids = [name_of(route) for route in all_routes()]
    assert len(set(ids)) == len(ids) == len(ROUTES)
