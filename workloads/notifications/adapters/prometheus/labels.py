"""Values of a label that callers choose."""

_MOST = 100


class Labels:
    """The first 100 values keep their names; what comes after them is `other`, or one caller could fill the memory."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bound(self, value: str) -> str:
        """Return the value, or `other`."""
        if value in self._known or len(self._known) < _MOST:
            self._known.add(value)
            return value
        return "other"
