"""Quantities as Kubernetes writes them."""

import pytest

from notification_operator.quantity import count_bytes


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", 0),
        ("1500m", 1),
        ("2000000u", 2),
        ("3000000000n", 3),
        ("2k", 2_000),
        ("1M", 1_000_000),
        ("1Ki", 1024),
        ("1.5Gi", 1_610_612_736),
        ("9Pi", 9 * 2**50),
    ],
)
def test_a_quantity_is_so_many_bytes(quantity: str, expected: int) -> None:
    assert count_bytes(quantity) == expected
