"""Answers that are kept for a while: a bounded number, those that were used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Kept(Generic[_K, _V]):
    """At most `most` values by key, each until its time is over. `monotonic` gives seconds."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._values: OrderedDict[_K, tuple[_V, float]] = OrderedDict()

    def get(self, key: _K) -> _V | None:
        """Return what is known, None if nothing is, or not any more."""
        found = self._values.get(key)
        if found is None:
            return None
        value, until = found
        if until <= self._monotonic():
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: _K, value: _V, seconds: float) -> None:
        """Keep a value from now on."""
        self._values[key] = value, self._monotonic() + seconds
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def forget(self, key: _K) -> None:
        """Keep a value no longer."""
        self._values.pop(key, None)
