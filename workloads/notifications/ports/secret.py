"""Secrets, which are replaced while the process runs."""

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Secret(Protocol[T_co]):
    """A key or password, read and checked."""

    def __call__(self) -> T_co:
        """Return it as it is now. Never fails: a broken replacement leaves the one before in force."""
        ...
