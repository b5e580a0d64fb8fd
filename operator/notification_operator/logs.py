"""JSON lines on standard error."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

_QUIET = ("kopf", "aiohttp.access", "aiohttp.server", "asyncio")


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
    # It warns of a kubeconfig file that is missing; what comes of that is told as an error
    logging.getLogger("kubernetes").setLevel(logging.ERROR)
    for quiet in _QUIET:
        logging.getLogger(quiet).setLevel(logging.WARNING)
