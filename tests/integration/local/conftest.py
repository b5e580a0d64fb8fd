"""An installation for every test; runs of it are started by the tests."""

from pathlib import Path

import pytest

from .installation import Installation, install


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Below pytest's temporary folder, which others may not enter: the harder case, when root runs the tests."""
    return install(tmp_path / "installation")
