"""Programs of a person's own that go with a cluster that we did not build."""

import shutil
from pathlib import Path

from tests.cluster.errors import CannotRun


def find_tool(name: str) -> Path:
    """The program `name` on PATH; CannotRun if there is none."""
    found = shutil.which(name)
    if found is None:
        raise CannotRun(f"{name} was not found: install it and put it on PATH")
    return Path(found)
