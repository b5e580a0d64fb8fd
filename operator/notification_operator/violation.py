"""A refused field as one sentence: which field, and what is allowed there.

msgspec says what is wrong in its own words and with a path such as `$.spec.gateway`; the descriptions in `document`
say it in the words of the user.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml
from msgspec import inspect

from .errors import InvalidSpec

_LOCATED = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key` in `)?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_QUOTED = re.compile(r"field `(?P<field>.*)`")


def explain_violation(error: msgspec.ValidationError, document: type) -> InvalidSpec:
    """Return the error for the user; `document` is the type that was asked for."""
    match = _LOCATED.match(str(error))
    problem, path = (match["problem"], match["path"] or "") if match else (str(error), "")
    path = path.removeprefix(".")
    expected = _type_at(inspect.type_info(document), path)
    if field := _QUOTED.search(problem):
        missing = "missing required" in problem
        name = f"{path}.{field['field']}".removeprefix(".")
        parent = path or "the file"
        return InvalidSpec(name, "is missing" if missing else f"is unknown; {parent} may have: {_names(expected)}")
    allowed = next(_allowed(expected), None)
    return InvalidSpec(path or "the file", f"must be {allowed}" if allowed else f"is wrong: {problem}")


def explain_yaml(error: Exception) -> InvalidSpec:
    """Return the error for the user of a file that is not even YAML."""
    problem = " ".join(line.strip() for line in str(error).splitlines()) or "it is empty"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        problem = f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return InvalidSpec("", f"the file is not YAML: {problem}")


def _type_at(root: inspect.Type, path: str) -> inspect.Type:
    found = root
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        for candidate in _alternatives(found):
            inner = _inside(candidate, step)
            if inner is not None:
                found = inner
                break
    return found


def _inside(outer: inspect.Type, step: str) -> inspect.Type | None:
    match outer:
        case inspect.Metadata(type=inner):
            return _inside(inner, step)
        case inspect.StructType(fields=fields):
            return next((field.type for field in fields if field.encode_name == step), None)
        case inspect.ListType(item_type=item):
            return item
        case inspect.DictType(value_type=value):
            return value
        case _:
            return None


def _alternatives(kind: inspect.Type) -> Iterator[inspect.Type]:
    match kind:
        case inspect.UnionType(types=types):
            for member in types:
                yield from _alternatives(member)
        case _:
            yield kind


def _allowed(kind: inspect.Type) -> Iterator[str]:
    for candidate in _alternatives(kind):
        match candidate:
            case inspect.Metadata(extra_json_schema={"description": str(description)}):
                yield description
            case inspect.LiteralType(values=values):
                yield " or ".join(_show(value) for value in values)
            case inspect.BoolType():
                yield "true or false"
            case inspect.StructType(fields=fields):
                yield f"a mapping of: {', '.join(field.encode_name for field in fields)}"
            case inspect.DictType():
                yield "a mapping"
            case inspect.ListType():
                yield "a list"


def _names(kind: inspect.Type) -> str:
    structs = [candidate for candidate in _alternatives(kind) if isinstance(candidate, inspect.StructType)]
    return ", ".join(field.encode_name for struct in structs for field in struct.fields)


def _show(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
