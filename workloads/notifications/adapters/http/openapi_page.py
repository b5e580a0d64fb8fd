"""The OpenAPI document as a page for people: HTML without scripts, in which every name leads to what it names."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any, Final

from notifications.adapters.http.openapi import Document
from notifications.domain.principal import ADMIN, WRITE

_TOKENS: Final = {
    (): "a token",
    (WRITE,): f"a token with the scope `{WRITE}`",
    (ADMIN,): f"a token with the role `{ADMIN}`",
}
_BOUNDS: Final = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
    ("pattern", "{}"),
    ("default", "else {}"),
)


def render_page(document: Document, style: str) -> str:
    """Return the page; `style` is the address of its style sheet, which lies beside the document."""
    info = document["info"]
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=lambda described: described[2]["tags"])
    tags = [(tag, list(group)) for tag, group in groupby(operations, lambda described: described[2]["tags"][0])]
    return "\n".join([
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>{escape(info["title"])}: REST</title><link rel="stylesheet" href="{escape(style)}"></head><body>',
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f'{_prose(info["description"])}<p><a href="openapi.json">openapi.json</a></p></header>',
        f"<nav>{''.join(_contents(tag, group) for tag, group in tags)}</nav><main>",
        *(_operation(document, path, method, described) for path, method, described in operations),
        "<h2>Shapes</h2>",
        *(_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
        "</main></body></html>",
    ])  # fmt: skip


def _contents(tag: str, group: Iterable[tuple[str, str, Document]]) -> str:
    lines = (
        f'<li><a href="#{escape(described["operationId"])}">{_call(path, method)}</a></li>'
        for path, method, described in group
    )
    return f"<h2>{escape(tag)}</h2><ul>{''.join(lines)}</ul>"


def _operation(document: Document, path: str, method: str, described: Document) -> str:
    return "\n".join([
        f'<article id="{escape(described["operationId"])}"><h3>{_call(path, method)}</h3>',
        f"{_prose(described['summary'] + '.')}{_prose(described.get('description', ''))}",
        _prose(f"Needs {_TOKENS[tuple(described['security'][0]['token'])]}." if described["security"] else ""),
        _table("Parameter", (_parameter(parameter) for parameter in described["parameters"])),
        _body(described),
        _table("Answer", _answers(document, described)),
        "</article>",
    ])  # fmt: skip


def _call(path: str, method: str) -> str:
    return f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code>'


def _parameter(parameter: Document) -> tuple[str, str, str]:
    place = "" if parameter["in"] == "query" else f" ({parameter['in']})"
    return f"<code>{escape(parameter['name'])}</code>{place}", _type(parameter["schema"]), parameter["description"]


def _body(described: Document) -> str:
    content = described.get("requestBody", {"content": {}})["content"]
    return "".join(f"<p>Body: {_type(media['schema'])} ({escape(kind)})</p>" for kind, media in content.items())


def _answers(document: Document, described: Document) -> Iterator[tuple[str, str, str]]:
    for status, answer in sorted(described["responses"].items()):
        if "$ref" in answer:
            answer = document["components"]["responses"][_name(answer)]
        types = (_type(media["schema"]) for media in answer.get("content", {}).values())
        yield status, " or ".join(types), answer["description"]


def _shape(name: str, schema: Document) -> str:
    required = schema.get("required", ())
    fields = (
        (f"<code>{escape(field)}</code>{'' if field in required else '?'}", _type(kind), kind.get("description", ""))
        for field, kind in schema.get("properties", {}).items()
    )
    return "\n".join([
        f'<article id="{escape(name)}"><h3>{escape(name)}</h3>{_prose(schema.get("description", ""))}',
        _table("Field", fields) if "properties" in schema else f"<p>{_type(schema)}</p>",
        "</article>",
    ])  # fmt: skip


def _table(head: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Return a table of rows that are HTML, HTML and prose; nothing without rows."""
    body = "".join(f"<tr><td>{name}<td>{kind}<td>{_prose(told)}" for name, kind, told in rows)
    return body and f"<table><thead><tr><th>{head}<th>Type<th></thead><tbody>{body}</tbody></table>"


def _type(schema: Document) -> str:
    bounds = ", ".join(told.format(_literal(schema[key])) for key, told in _BOUNDS if schema.get(key) is not None)
    return f"{_kind(schema)} <small>{bounds}</small>" if bounds else _kind(schema)


def _kind(schema: Document) -> str:
    match schema:
        case {"$ref": _}:
            name = escape(_name(schema))
            return f'<a href="#{name}">{name}</a>'
        case {"anyOf": alternatives}:
            return " or ".join(map(_type, alternatives))
        case {"enum": values}:
            return ", ".join(map(_literal, values))
        case {"const": value}:
            return _literal(value)
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
    return escape(schema.get("format") or str(schema.get("type", "anything")))


def _name(reference: Document) -> str:
    name: str = reference["$ref"].rpartition("/")[2]
    return name


def _literal(value: Any) -> str:
    return f"<code>{escape(value if isinstance(value, str) else json.dumps(value))}</code>"


def _prose(text: str) -> str:
    paragraphs = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(part)) for part in text.split("\n\n") if part)
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
