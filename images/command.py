"""Other programs: run one to its end, and get its last words when it fails."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from .errors import BuildFailed

Words = Sequence[str | Path]


def run(words: Words, within: float = 900.0) -> str:
    """Return what the program printed; raise BuildFailed when it fails or takes more than `within` seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and no shell
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=within
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(f"{name(words)}: {error}") from error
    if done.returncode:
        raise BuildFailed(f"{name(words)} failed: {find_last_words(done.stdout)}")
    return done.stdout


def succeeds(words: Words, within: float = 20.0) -> bool:
    """Whether the program is there and ends well."""
    try:
        run(words, within)
    except BuildFailed:
        return False
    return True


def name(words: Words) -> str:
    """Return a command in a few words."""
    return " ".join([Path(words[0]).name, str(words[1])])


def find_last_words(printed: str) -> str:
    """Return the last line that says an error, else the last line."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    complaints = [line for line in lines if "error" in line.lower()]
    return (complaints or lines or ["it said nothing"])[-1]
