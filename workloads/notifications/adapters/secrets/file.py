"""A secret in a file, read anew when the file is replaced."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from notifications.domain.errors import Misconfigured

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_Version = tuple[int, int, int]


class SecretFile(Generic[_T]):
    """Holds what `parse` makes of the file: a function that raises ValueError for a content it cannot use.

    Raises Misconfigured at first, which names the file and never its content. Afterwards a replacement that cannot be
    used is logged once, and what was there before stays in force.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], _T]) -> None:
        self._path = path
        self._parse = parse
        self._version = _stat(path)
        self._value = self._read()

    def __call__(self) -> _T:
        """See `Secret`."""
        try:
            version = _stat(self._path)
            if version != self._version:
                self._version = version
                self._value = self._read()
        except Misconfigured as error:
            _log.warning("a secret was not replaced: %s", error)
        return self._value

    def _read(self) -> _T:
        try:
            raw = self._path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"the secret {self._path} cannot be read: {error.strerror}") from error
        if not raw.strip():
            raise Misconfigured(f"the secret {self._path} is empty")
        try:
            return self._parse(raw)
        except ValueError:
            # The cause may quote the secret
            raise Misconfigured(f"the secret {self._path} does not hold what it should") from None


def parse_text(raw: bytes) -> str:
    """Read a password or the like: one line of UTF-8. Raises ValueError."""
    text = raw.decode().strip()
    if len(text.splitlines()) != 1:
        raise ValueError("more than one line")
    return text


def _stat(path: Path) -> _Version | None:
    """Return what changes when a file is replaced, None while there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
