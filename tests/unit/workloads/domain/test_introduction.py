"""What a client says of itself is taken when it is short and flat, and refused by its field otherwise."""

import pytest

from notifications.domain.errors import Invalid, Refused, TooLarge
from notifications.domain.introduction import Introduction, read_introduction

DEVICE = {"type": "mobile", "os": "iOS 19", "app": "2.7.1 ☃"}


@pytest.mark.parametrize(
    ("client_id", "device", "read"),
    [
        (None, None, Introduction()),
        ("tablet-1", None, Introduction("tablet-1")),
        (None, DEVICE, Introduction(None, DEVICE)),
        ("x" * 128, {str(n) * 32: "y" * 128 for n in range(8)}, None),
        (None, {}, Introduction()),
        (None, {"os": ""}, Introduction(None, {"os": ""})),
    ],
)
def test_what_is_short_is_taken(client_id: object, device: object, read: Introduction | None) -> None:
    taken = read_introduction(client_id, device)
    assert taken == (read or Introduction(client_id, device))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("client_id", "device", "error", "field"),
    [
        (7, None, Invalid, "auth.clientId"),
        ("", None, Invalid, "auth.clientId"),
        (["x"], None, Invalid, "auth.clientId"),
        ("x\0", None, Invalid, "auth.clientId"),
        ("x" * 129, None, TooLarge, "auth.clientId"),
        (None, "phone", Invalid, "auth.device"),
        (None, [], Invalid, "auth.device"),
        (None, {str(n): "x" for n in range(9)}, Invalid, "auth.device"),
        (None, {"x" * 33: "y"}, TooLarge, "auth.device"),
        (None, {"os": 7}, Invalid, "auth.device.os"),
        (None, {"os": None}, Invalid, "auth.device.os"),
        (None, {"os": {"name": "iOS"}}, Invalid, "auth.device.os"),
        (None, {"os": "x" * 129}, TooLarge, "auth.device.os"),
        (None, {"os": "\ud800"}, Invalid, "auth.device.os"),
    ],
)
def test_anything_else_is_refused_by_its_field(
    client_id: object, device: object, error: type[Refused], field: str
) -> None:
    with pytest.raises(error, match=f"^{field} "):
        read_introduction(client_id, device)
