"""Whose the fields of an object are, as the API server writes it down in `managedFields`. Pure.

Applying never removes a field that somebody else has set. Now and then such a field leaves ours no room: a port of the
same name, a `value` beside our `valueFrom`. Once it is ours it goes with the next apply, since no manifest wants it.
"""

from collections.abc import Mapping
from typing import Any, Final

from . import names
from .kinds import Object

_OF_OTHERS: Final = frozenset({"f:metadata", "f:status"})  # in no one's way


def take_over(observed: Object) -> list[Object] | None:
    """Return the `managedFields` by which all but metadata and status is ours; None when there is nothing to take."""
    version = observed["apiVersion"]
    entries = observed["metadata"].get("managedFields", ())
    taken = [entry for entry in entries if _is_in_the_way(entry, version)]
    if not taken:
        return None
    ours = next((entry for entry in entries if _is_ours(entry)), _begin(version))
    fields = ours["fieldsV1"]
    for entry in taken:
        fields = _join(fields, _choose(entry, of_others=False))
    left = [{**entry, "fieldsV1": _choose(entry, of_others=True)} for entry in taken]
    others = [entry for entry in entries if entry not in taken and not _is_ours(entry)]
    return [{**ours, "fieldsV1": fields}, *others, *(entry for entry in left if entry["fieldsV1"])]


def _is_ours(entry: Object) -> bool:
    return (entry["manager"], entry["operation"], entry.get("subresource", "")) == (names.FIELD_MANAGER, "Apply", "")


def _is_in_the_way(entry: Object, version: str) -> bool:
    if _is_ours(entry) or entry.get("subresource") or entry["apiVersion"] != version:
        return False
    return bool(_choose(entry, of_others=False))


def _choose(entry: Object, *, of_others: bool) -> dict[str, Any]:
    return {field: inner for field, inner in entry["fieldsV1"].items() if (field in _OF_OTHERS) == of_others}


def _begin(version: str) -> Object:
    return {
        "manager": names.FIELD_MANAGER,
        "operation": "Apply",
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }


def _join(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    shared = {field: _join(one[field], other[field]) for field in one.keys() & other.keys()}
    return {**one, **other, **shared}
