"""The values of one metric by its labels, kept at hand: prometheus-client looks each up behind a lock."""

from typing import Final, Generic, TypeVar

from prometheus_client import Counter, Histogram

_M = TypeVar("_M", Counter, Histogram)

_MOST: Final = 100
_OTHER: Final = "other"


class Series(Generic[_M]):
    """Labels that callers choose are bounded: beyond the first 100, values become `other`."""

    def __init__(self, metric: _M) -> None:
        self._metric: _M = metric
        self._children: dict[str | tuple[str, ...], _M] = {}

    def at(self, value: str) -> _M:
        """Return what counts for the value of the only label."""
        return self._children.get(value) or self._add(value if len(self._children) < _MOST else _OTHER)

    def at_all(self, values: tuple[str, ...]) -> _M:
        """Return what counts for the values of several labels, none of which a caller chooses."""
        return self._children.get(values) or self._add(*values)

    def _add(self, *values: str) -> _M:
        child: _M = self._metric.labels(*values)
        self._children[values if len(values) > 1 else values[0]] = child
        return child
