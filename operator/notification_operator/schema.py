"""Structural schemas, as Kubernetes wants them, of the types in `document`. Pure."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from msgspec import inspect

from .rules import LIST_KEYS, RULES, Rule
from .scalar import write_pattern

Schema = dict[str, Any]


def build_schema(document_type: type) -> Schema:
    """Return the schema of a type, with its CEL rules; no defaults, which Kubernetes would write into the objects."""
    return _build(inspect.type_info(document_type))


def _build(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.Metadata(type=inner):
            return _describe(_build(inner), (kind.extra_json_schema or {}).get("description"))
        case inspect.StructType():
            return _build_struct(kind)
        case inspect.UnionType(types=types):
            return _build_union([member for member in types if not isinstance(member, inspect.NoneType)])
        case inspect.DictType(value_type=inspect.AnyType()):
            return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        case inspect.DictType(value_type=values):
            return {"type": "object", "additionalProperties": _build(values), "maxProperties": 64}
        case inspect.ListType(item_type=item):
            return _build_list(kind, item)
        case inspect.LiteralType(values=values):
            return {"type": "string" if isinstance(values[0], str) else "integer", "enum": list(values)}
        case _:
            return _build_scalar(kind)


def _build_scalar(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.StrType():
            pattern = kind.pattern and write_pattern(kind.pattern)
            limits = {"minLength": kind.min_length, "maxLength": kind.max_length, "pattern": pattern}
            return {"type": "string", **_known(limits)}
        case inspect.IntType():
            return {"type": "integer", "format": "int64", **_known({"minimum": kind.ge, "maximum": kind.le})}
        case inspect.FloatType():
            return {"type": "number", **_known({"minimum": kind.ge, "maximum": kind.le})}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.AnyType():
            return {"x-kubernetes-preserve-unknown-fields": True}
        case _:
            raise TypeError(f"{kind} has no structural schema")


def _build_struct(kind: inspect.StructType) -> Schema:
    required = [field.encode_name for field in kind.fields if field.required]
    return {
        "type": "object",
        "description": dedent(kind.cls.__doc__ or "").strip(),
        "properties": {field.encode_name: _build(field.type) for field in kind.fields},
        **({"required": required} if required else {}),
        **_render_rules(RULES.get(kind.cls, ())),
    }


def _build_list(kind: inspect.ListType, item: inspect.Type) -> Schema:
    schema = {
        "type": "array",
        "items": _build(item),
        **_known({"minItems": kind.min_length or None, "maxItems": kind.max_length}),
    }
    key = LIST_KEYS.get(item.cls) if isinstance(item, inspect.StructType) else None
    return {**schema, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]} if key else schema


def _build_union(members: list[inspect.Type]) -> Schema:
    if len(members) == 1:
        return _build(members[0])
    schemas = [_build(member) for member in members]
    types = {schema.pop("type"): schema for schema in schemas}
    if types.keys() != {"integer", "string"}:
        raise TypeError(f"a union of {', '.join(types)} has no structural schema")
    return {
        "x-kubernetes-int-or-string": True,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "description": types["string"]["description"],
        "pattern": types["string"]["pattern"],
        "maxLength": types["string"]["maxLength"],
        "minimum": types["integer"]["minimum"],
    }


def _describe(schema: Schema, description: object) -> Schema:
    return {**schema, "description": f"Must be {description}."} if description else schema


def _render_rules(rules: tuple[Rule, ...]) -> Schema:
    if not rules:
        return {}
    return {"x-kubernetes-validations": [{"rule": rule.cel, "message": rule.message} for rule in rules]}


def _known(limits: Mapping[str, Any]) -> Schema:
    return {name: limit for name, limit in limits.items() if limit is not None}
