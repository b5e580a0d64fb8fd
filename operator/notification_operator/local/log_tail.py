"""The last thing a process said, for the line that reports its end."""

import json
from pathlib import Path

_TAIL_BYTES = 8192
_SHOWN = 300


def read_last_words(log: Path) -> str:
    """Return the last line of `log`, or the message in it when it is JSON; empty when nothing was said."""
    lines = [line for line in _read_tail(log).splitlines() if line.strip()]
    return _message(lines[-1].strip())[:_SHOWN] if lines else ""


def _read_tail(log: Path) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace")


def _message(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return str(entry.get("message", line)) if isinstance(entry, dict) else line
