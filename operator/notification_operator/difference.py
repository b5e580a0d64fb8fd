"""Where an object does not have what we want of it; fields that others added are none of our business. Pure."""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from .quantity import measure

# Lists that the API server merges by key, so that others may add items of their own; any other list is ours as a whole.
_MERGED = frozenset(
    {
        "containers",
        "env",
        "imagePullSecrets",
        "initContainers",
        "ownerReferences",
        "ports",
        "topologySpreadConstraints",
        "volumeMounts",
        "volumes",
    }
)
# Mappings that the API server never merges: a label more would select other pods, or other nodes.
_WHOLE = frozenset(
    {"labelSelector", "namespaceSelector", "nodeSelector", "nodeSelectorTerms", "preference", "selector"}
)
_QUANTITIES = frozenset({"limits", "requests", "sizeLimit"})
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_EMPTY: tuple[Any, ...] = (None, "", {}, [], ())


def find_difference(desired: Any, observed: Any, path: str = "") -> str | None:
    """Return the path of the first field that `observed` does not have as `desired` has it, or None."""
    if isinstance(desired, Mapping) and isinstance(observed, Mapping):
        if _last(path) in _WHOLE:
            return None if _drop_empty(desired) == _drop_empty(observed) else path
        return _compare_fields(desired, observed, path)
    if isinstance(desired, Sequence) and isinstance(observed, Sequence) and not isinstance(desired, str):
        return _compare_items(desired, observed, path)
    return None if _is_same(desired, observed, path) else path


def _compare_fields(desired: Mapping[str, Any], observed: Mapping[str, Any], path: str) -> str | None:
    for field, value in desired.items():
        if value in _EMPTY and field not in observed:  # the server leaves out what is empty
            continue
        difference = find_difference(value, observed.get(field), f"{path}.{field}" if path else field)
        if difference is not None:
            return difference
    return None


def _compare_items(desired: Sequence[Any], observed: Sequence[Any], path: str) -> str | None:
    if _last(path) in _MERGED:
        return next((f"{path}[{_name(item)}]" for item in desired if not _is_among(item, observed, path)), None)
    if len(desired) != len(observed):
        return path
    pairs = enumerate(zip(desired, observed, strict=True))
    return next((found for at, (one, other) in pairs if (found := find_difference(one, other, f"{path}[{at}]"))), None)


def _is_among(item: Any, observed: Sequence[Any], path: str) -> bool:
    return any(find_difference(item, other, f"{path}[]") is None for other in observed)


def _drop_empty(value: Any) -> Any:
    """Return the same without the fields that the server leaves out."""
    if isinstance(value, Mapping):
        return {field: _drop_empty(inner) for field, inner in value.items() if inner not in (None, {}, [], ())}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_drop_empty(item) for item in value]
    return value


def _last(path: str) -> str:
    """Return the name of the field, also of one item of it."""
    return path.rpartition(".")[2].partition("[")[0]


def _name(item: Any) -> str:
    return str(item.get("name") or item.get("mountPath") or item.get("port") or "") if isinstance(item, Mapping) else ""


def _is_same(desired: Any, observed: Any, path: str) -> bool:
    if desired == observed and isinstance(desired, bool) == isinstance(observed, bool):
        return True
    if _QUANTITIES.isdisjoint(path.split(".")[-2:]):
        return False
    one, other = _read_quantity(desired), _read_quantity(observed)
    return one is not None and one == other


def _read_quantity(value: Any) -> Decimal | None:
    """Return how many thousandths, so that `1000m` and `1` are the same; the server rounds up to whole ones."""
    if not _QUANTITY.fullmatch(str(value)):
        return None
    return (measure(str(value)) * 1000).to_integral_value(ROUND_CEILING)
