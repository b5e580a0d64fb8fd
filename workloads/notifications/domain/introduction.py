"""What a client says of itself when it connects. Nobody checks whether it is true, so it allows nothing.

It may also ask to be sent less often, and more at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_DEVICE_FIELDS, MAX_DEVICE_KEY, MAX_DEVICE_VALUE
from notifications.domain.text import check_id, check_text
from notifications.domain.window import Window, read_window


@dataclass(frozen=True, slots=True)
class Introduction:
    """`client_id` names an installation of the client; `device` describes it, as in {"os": "iOS 19"}.

    `window` is that of all topics that it follows; with None each family's own.
    """

    client_id: str | None = None
    device: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None


SILENT: Final = Introduction()


def read_introduction(client_id: object, device: object, batch: object = None) -> Introduction:
    """Check what may be None each. Raises Invalid or TooLarge, which name the field."""
    if client_id is not None and not isinstance(client_id, str):
        raise Invalid("auth.clientId is not a string")
    checked = None if client_id is None else check_id(client_id, "auth.clientId")
    window = read_window(batch, "auth.batch")
    return Introduction(checked, {} if device is None else _read_device(device), window)


def _read_device(device: object) -> dict[str, str]:
    if not isinstance(device, dict) or len(device) > MAX_DEVICE_FIELDS:
        raise Invalid(f"auth.device is not an object of at most {MAX_DEVICE_FIELDS} fields")
    for name, value in device.items():
        if len(name) > MAX_DEVICE_KEY:
            raise TooLarge(f"auth.device has a field whose name is longer than {MAX_DEVICE_KEY} characters")
        if not isinstance(value, str):
            raise Invalid(f"auth.device.{name} is not a string")
        check_text(value, f"auth.device.{name}", MAX_DEVICE_VALUE)
    return device
