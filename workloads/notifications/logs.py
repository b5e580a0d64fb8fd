"""JSON lines on standard error."""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from notifications.domain.limits import MAX_REPEATED_LINES

_QUIET: Final = ("notifications.socketio.library", "aiohttp.access", "nats", "asyncio")
# Strangers and outages decide how often these happen
_BOUNDED: Final = (
    "authentication_failed",
    "authorization_failed",
    "rate_limit_exceeded",
    "queue_error",
    "nats_error",
    "postgres_error",
)


def configure_logs(name: str) -> None:
    """Send every log to standard error, one JSON object a line, under the name of the process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Throttle(time.monotonic))
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"process": name},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for quiet in _QUIET:
        logging.getLogger(quiet).setLevel(logging.ERROR)
    # It calls a client's mistake an error, and tells ids of sessions; what failed here has a traceback
    logging.getLogger("notifications.socketio.library").addFilter(lambda record: record.exc_info is not None)
    # It tells with a traceback of whatever is no HTTP; what goes wrong in our handlers is told by `problems`
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def set_log_level(level: str) -> None:
    """Log from "debug", "info", "warning" or "error" on; below info only what is ours, which knows what is secret."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger("notifications").setLevel(number)
    logging.getLogger().setLevel(max(number, logging.INFO))


@dataclass(slots=True)
class _Second:
    number: int = 0
    passed: int = 0
    kept_back: int = 0


class Throttle(logging.Filter):
    """Lets MAX_REPEATED_LINES a second pass of each event that may flood the log; the next says how many it did not."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._seconds = {event: _Second() for event in _BOUNDED}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line may pass."""
        second = self._seconds.get(getattr(record, "event", ""))
        if second is None:
            return True
        if second.number != (number := int(self._monotonic())):
            second.number, second.passed = number, 0
        if second.passed == MAX_REPEATED_LINES:
            second.kept_back += 1
            return False
        if second.kept_back:
            record.kept_back, second.kept_back = second.kept_back, 0
        second.passed += 1
        return True
