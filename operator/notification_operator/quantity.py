"""Kubernetes quantities such as `1Gi` or `500m`, as numbers."""

import re
from decimal import Decimal

from .errors import InvalidSpec

_FACTORS = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}


def measure(quantity: str) -> Decimal:
    """Return how much `quantity` is; it has the form that `scalar.Quantity` allows."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", quantity, re.ASCII).groups()  # type: ignore[union-attr]
    return Decimal(number) * _FACTORS[unit]


def count_bytes(quantity: str) -> int:
    """Return how many whole bytes `quantity` is."""
    return int(measure(quantity))


def check_size(field: str, quantity: str | int) -> str:
    """Return the quantity as text; raise InvalidSpec for less than a byte."""
    if count_bytes(str(quantity)) < 1:
        raise InvalidSpec(field, "must be at least one byte")
    return str(quantity)
