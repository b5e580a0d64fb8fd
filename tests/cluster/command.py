"""Other programs: run one and get what it printed, or its last words as our error."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.cluster.errors import CannotRun, CommandFailed

Words = Sequence[str | Path]


def run(
    words: Words,
    *,
    source: str | IO[bytes] | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    within: float = 120.0,
) -> str:
    """Run a program to its end, with a text or a file as its input, and return what it printed.

    CommandFailed if it fails or takes more than `within` seconds, CannotRun if it is not installed.
    """
    with start(words, source, cwd, env) as process:
        try:
            printed, complaint = process.communicate(source.encode() if isinstance(source, str) else None, within)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise CommandFailed(f"{describe(words)} did not end within {within:g} s") from error
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        said = complaint or printed
        raise CommandFailed(f"{describe(words)} failed: {last_words(said)}", said.decode(errors="replace"))
    return printed.decode()


def start(
    words: Words, source: str | IO[bytes] | None, cwd: Path | None, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    """Start a program with pipes on what it prints; CannotRun if it is not installed."""
    stdin = subprocess.PIPE if isinstance(source, str) else source or subprocess.DEVNULL
    try:
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, env=env)
    except FileNotFoundError as error:
        raise CannotRun(f"{words[0]} is not installed") from error


def describe(words: Words) -> str:
    """A command in a few words: its program's name and its first arguments."""
    return " ".join([Path(words[0]).name, *map(str, words[1:4])])


def last_words(output: bytes) -> str:
    """The last line that a program printed."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
