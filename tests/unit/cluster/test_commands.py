"""Other programs are run, and their failures become one line."""

import sys

import pytest

from tests.cluster.command import run
from tests.cluster.errors import CannotRun, CommandFailed

PYTHON = [sys.executable, "-c"]


def test_what_a_program_prints_is_returned() -> None:
    assert run([*PYTHON, "print(input())"], source="hello") == "hello\n"


def test_the_last_line_of_a_failure_is_told() -> None:
    with pytest.raises(CommandFailed, match=r"failed: no space left$"):
        run([*PYTHON, "import sys; sys.exit('a long story\\nno space left')"])


def test_a_failure_without_a_word_is_told() -> None:
    with pytest.raises(CommandFailed, match="it said nothing"):
        run([*PYTHON, "raise SystemExit(3)"])


def test_a_program_that_does_not_end_is_killed() -> None:
    with pytest.raises(CommandFailed, match=r"did not end within 0\.2 s"):
        run([*PYTHON, "import time; time.sleep(60)"], within=0.2)


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(CannotRun, match="no-such-program is not installed"):
        run(["no-such-program"])
