"""Windows: how long a message to many may wait for more of them, so that a client is sent several in one piece."""

from dataclasses import dataclass
from typing import Final

from notifications.domain.errors import Invalid
from notifications.domain.limits import BUSY_WINDOW, MAX_WINDOW, MAX_WINDOW_MESSAGES, MIN_WINDOW, MIN_WINDOW_MESSAGES


@dataclass(frozen=True, slots=True)
class Window:
    """What waits is sent as soon as there are so many `messages`, or the first has waited so many milliseconds."""

    messages: int = MIN_WINDOW_MESSAGES
    milliseconds: int = MAX_WINDOW


NO_WINDOW: Final = Window(1, 0)
"""Nothing waits."""

MOMENT: Final = Window(MAX_WINDOW_MESSAGES, BUSY_WINDOW)
"""For a client that was written to just now: a write for each message costs more than all else that is done for it."""


def read_window(value: object, field: str) -> Window | None:
    """Return what a client asks for: {messages?, milliseconds?}, False for no window; None if it asks for nothing.

    Raises Invalid, which names the field.
    """
    if value is None:
        return None
    if value is False:
        return NO_WINDOW
    if not isinstance(value, dict) or not value.keys() <= {"messages", "milliseconds"}:
        raise Invalid(f"{field} is neither false nor {{messages?, milliseconds?}}")
    window = Window(**value)
    _check(window.messages, f"{field}.messages", MIN_WINDOW_MESSAGES, MAX_WINDOW_MESSAGES)
    _check(window.milliseconds, f"{field}.milliseconds", MIN_WINDOW, MAX_WINDOW)
    return window


def _check(value: object, field: str, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise Invalid(f"{field} is no whole number from {least} to {most}")
