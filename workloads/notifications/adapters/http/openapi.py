"""The OpenAPI document: everything that the handlers of the routes declare, in the terms of OpenAPI 3.1."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

import msgspec
from aiohttp import web

from notifications.adapters.http.operation import Caller, Media, Operation, Parameter, operation_of
from notifications.adapters.http.problems import PROBLEM, Problem, status_of
from notifications.domain import errors
from notifications.domain.limits import BODY_TIMEOUT

Document = dict[str, Any]

_ABOUT: Final = """\
Notifications for the users of a tenant, which the token names. Bodies are JSON; a field that is not named here is
refused. What fails is a problem (RFC 9457) with a `code`. 503 has `Retry-After` and may always be repeated. A path that
is not named here is answered 404, another method 405."""
_EVERYWHERE: Final = (errors.Invalid, errors.TooLarge, errors.Unavailable)
# What is refused before one of our errors is raised
_WIRE: Final = {
    HTTPStatus.REQUEST_TIMEOUT: f"`INVALID` The body took longer than {BODY_TIMEOUT:g} s to arrive.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "`UNAVAILABLE` A mistake of ours, which is logged.",
}
_HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", {"type": "string"}),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", {"type": "integer", "description": "seconds"}),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", {"type": "integer", "description": "seconds"}),
}


def describe_api(routes: Iterable[web.AbstractRouteDef], version: str) -> Document:
    """Return the document of the routes that declare an operation."""
    declared = [
        (route, operation) for route in routes if isinstance(route, web.RouteDef) and (operation := operation_of(route))
    ]
    components = _Components({name_of(route): operation for route, operation in declared})
    paths: dict[str, Document] = {}
    for route, operation in declared:
        paths.setdefault(path_of(route), {})[route.method.lower()] = _describe(route, operation, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Notifications",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": components.responses,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def name_of(route: web.RouteDef) -> str:
    """Return the id of an operation: the module and the name of its handler."""
    return f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}"


def path_of(route: web.RouteDef) -> str:
    """Return the path of a route without the patterns that its parameters match."""
    return re.sub(r"\{(\w+):[^/]+\}", r"{\1}", route.path)


class _Components:
    """What the operations share; it grows while they are described. `operations` are all of them by their ids."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        self.schemas: dict[str, Document] = {}
        self.responses: dict[str, Document] = {}

    def schema(self, kind: Any) -> Document:
        """Return the schema of a type, by reference where it has a name."""
        if isinstance(kind, tuple):
            return {"anyOf": [self.schema(alternative) for alternative in kind]}
        (schema,), named = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
        self.schemas.update(named)
        return schema

    def content(self, kind: Any) -> Document:
        """Return the media type and schema of a body or an answer."""
        if isinstance(kind, Media):
            return {kind.type: {"schema": {"type": "string"}}}
        return {"application/json": {"schema": self.schema(kind)}}

    def refusal(self, status: HTTPStatus, name: str, description: str) -> Document:
        """Return a reference to an answer that is a problem."""
        answer: Document = {"description": description, "content": {PROBLEM: {"schema": self.schema(Problem)}}}
        if status in _HEADERS:
            header, schema = _HEADERS[status]
            answer["headers"] = {header: {"required": True, "schema": schema}}
        self.responses[name] = answer
        return {"$ref": f"#/components/responses/{name}"}


def _describe(route: web.RouteDef, operation: Operation, components: _Components) -> Document:
    name = name_of(route)
    summary, _, description = (inspect.getdoc(route.handler) or "").partition("\n\n")
    described: Document = {
        "operationId": name,
        "tags": [name.partition(".")[0].replace("_", " ")],
        "summary": " ".join(summary.split()).rstrip("."),
        "parameters": [_parameter(parameter, components) for parameter in operation.parameters],
        "responses": dict(_responses(operation, components)),
        "security": [] if operation.caller is Caller.ANYBODY else [{"token": list(operation.caller.needs)}],
    }
    if description:
        described["description"] = description
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": components.content(operation.body)}
    return described


def _parameter(parameter: Parameter, components: _Components) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": components.schema(parameter.type),
    }


def _responses(operation: Operation, components: _Components) -> Iterator[tuple[str, Document]]:
    for status, kind in sorted(operation.answers.items()):
        answer: Document = {
            "description": HTTPStatus(status).phrase,
            "links": dict(_links(operation, components.operations)),
        }
        yield str(status), answer if kind is None else {**answer, "content": components.content(kind)}
    for status, kinds in groupby(sorted(_refusals(operation), key=status_of), status_of):
        alike = sorted(kinds, key=lambda kind: kind.__name__)
        name = "Or".join(kind.__name__ for kind in alike)
        yield str(status.value), components.refusal(status, name, "\n\n".join(map(_tell, alike)))
    for status, description in _WIRE.items():
        yield str(status.value), components.refusal(status, status.name.title().replace("_", ""), description)


def _links(operation: Operation, others: Mapping[str, Operation]) -> Iterator[tuple[str, Document]]:
    for name, pointer in operation.links.items():
        taken = [parameter.name for parameter in others[name].parameters if parameter.place == "path"]
        yield name, {"operationId": name, "parameters": {part: f"$response.body#{pointer}/{part}" for part in taken}}


def _refusals(operation: Operation) -> set[type[errors.NotificationsError]]:
    from_caller: dict[Caller, tuple[type[errors.NotificationsError], ...]] = {
        Caller.ANYBODY: (),
        Caller.USER: (errors.Unauthenticated,),
        Caller.PRODUCER: (errors.Unauthenticated, errors.Forbidden),
        Caller.ADMIN: (errors.Unauthenticated, errors.Forbidden),
    }
    return {*_EVERYWHERE, *from_caller[operation.caller], *operation.refusals}


def _tell(kind: type[errors.NotificationsError]) -> str:
    code = getattr(kind, "code", None)
    told = " ".join((kind.__doc__ or "").split())
    below = [other for other in kind.__subclasses__() if getattr(other, "code", code) != code]
    return "\n\n".join([f"`{code}` {told}", *map(_tell, below)])
