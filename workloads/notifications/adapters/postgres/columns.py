"""Rows as columns, which a statement puts together again by `unnest`."""

from collections.abc import Iterable, Sequence
from typing import Any

Column = Sequence[Any] | None


def columns(rows: Iterable[tuple[Any, ...]]) -> list[Column]:
    """Return the columns of rows of one length, of which there must be at least one.

    A column without a value is None, which `unnest` fills with nulls beside the others: asyncpg looks twice at every
    element of an array, which is what an argument costs.
    """
    return [None if _is_empty(column) else column for column in zip(*rows, strict=True)]


def _is_empty(column: Sequence[Any]) -> bool:
    return column[0] is None and all(value is None for value in column)
