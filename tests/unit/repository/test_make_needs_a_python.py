"""A machine without a usable Python is told so in one line, before anything is made."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    assert "no-such-python was not found: install Python 3.11 or later" in refuse(tmp_path, "no-such-python")


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    assert "is older than 3.11" in refuse(tmp_path, pretend(tmp_path, fails="version_info"))


def test_a_python_that_cannot_install_anything_is_refused(tmp_path: Path) -> None:
    assert "has neither its venv module nor pip" in refuse(tmp_path, pretend(tmp_path, fails="ensurepip*|*pip"))


def pretend(folder: Path, *, fails: str) -> str:
    """A Python that fails whenever a word of `fails` is in its arguments."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{fails}*) exit 1 ;; esac\nexec python3 "$@"\n')
    python.chmod(0o755)
    return str(python)


def refuse(folder: Path, python: str) -> str:
    """The one line that make prints when it is to make an environment with `python`."""
    shutil.copy(ROOT / "Makefile", folder)
    command = ["make", ".venv/bin/python", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert not (folder / ".venv").exists()
    (line,) = done.stderr.splitlines()
    return line
