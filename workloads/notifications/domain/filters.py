"""Filters of subscriptions: which messages of a topic somebody wants, by what their payloads say."""

from dataclasses import dataclass
from typing import Final

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_DEPTH, MAX_FILTER_PATHS, MAX_FILTER_VALUES, MAX_NAME

Scalar = tuple[bool, str | float | None]
"""A value and whether it is true or false, which are no numbers in JSON, though they are in Python."""

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Condition:
    """The payload must have, where `path` leads through its objects, one of the values."""

    path: tuple[str, ...]
    values: frozenset[Scalar]

    def holds(self, payload: object) -> bool:
        """Say whether it does."""
        found = payload
        for key in self.path:
            found = found.get(key, _NOTHING) if isinstance(found, dict) else _NOTHING
        return _is_scalar(found) and (isinstance(found, bool), found) in self.values


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all must hold; none is a filter that passes everything."""

    conditions: tuple[Condition, ...] = ()

    def passes(self, payload: object) -> bool:
        """Say whether a payload, as JSON was decoded, is wanted."""
        return all(condition.holds(payload) for condition in self.conditions)


def read_filter(value: object) -> Filter:
    """Read `{path: [values]}` with paths such as `order.state`. Raises Invalid, and TooLarge for too much of it."""
    if not isinstance(value, dict):
        raise Invalid('filter must be an object such as {"order.state": ["open"]}')
    if len(value) > MAX_FILTER_PATHS:
        raise TooLarge(f"filter has more than {MAX_FILTER_PATHS} paths")
    return Filter(tuple(Condition(_read_path(path), _read_values(values)) for path, values in value.items()))


def write_filter(filter: Filter) -> dict[str, list[str | float | None]]:
    """Return what `read_filter` reads as this filter."""
    return {".".join(condition.path): [value for _, value in condition.values] for condition in filter.conditions}


def _read_path(path: object) -> tuple[str, ...]:
    if not isinstance(path, str) or not path:
        raise Invalid("filter has a path that is no name")
    if len(path) > MAX_NAME or path.count(".") >= MAX_DEPTH:
        raise TooLarge(f"filter has a path of more than {MAX_NAME} characters or {MAX_DEPTH} names")
    return tuple(path.split("."))


def _read_values(values: object) -> frozenset[Scalar]:
    if not isinstance(values, list) or not values or not all(map(_is_scalar, values)):
        raise Invalid("filter must give each path a list of texts, numbers, true, false or null")
    if len(values) > MAX_FILTER_VALUES or any(isinstance(value, str) and len(value) > MAX_NAME for value in values):
        raise TooLarge(
            f"filter has more than {MAX_FILTER_VALUES} values for a path, or a text above {MAX_NAME} characters"
        )
    return frozenset((isinstance(value, bool), value) for value in values)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)
