"""JSON lines on standard error."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

_QUIET = ("notifications.socketio.library", "aiohttp.access", "nats", "asyncio")


def configure_logs(name: str, level: int = logging.INFO) -> None:
    """Send every log to standard error, one JSON object a line, under the name of the process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"process": name},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for quiet in _QUIET:
        logging.getLogger(quiet).setLevel(logging.ERROR)
    # It calls a client's mistake an error, and tells ids of sessions; what failed here has a traceback
    logging.getLogger("notifications.socketio.library").addFilter(lambda record: record.exc_info is not None)
    # It tells with a traceback of whatever is no HTTP; what goes wrong in our handlers is told by `problems`
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
