"""JSON lines on standard error."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

_QUIET = ("kopf", "aiohttp.access", "aiohttp.server", "asyncio", "kubernetes")


def configure_logs(level: int = logging.INFO) -> None:
    """Send every log to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for quiet in _QUIET:
        logging.getLogger(quiet).setLevel(logging.WARNING)
