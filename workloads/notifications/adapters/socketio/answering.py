"""How arguments of clients' events are read."""

from collections.abc import Mapping
from typing import Any

from notifications.domain.errors import Invalid

Answer = dict[str, object]


def read_only(arguments: tuple[Any, ...]) -> Any:
    """Return the argument of an event that takes one. Raises Invalid."""
    if len(arguments) != 1:
        raise Invalid("this event takes one argument")
    return arguments[0]


def read_text(fields: Mapping[str, Any], name: str) -> str:
    """Return a field that is text. Raises Invalid."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Invalid(f"{name} is missing, or no text")
    return value
