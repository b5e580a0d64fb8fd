"""Helm, where it is at hand."""

from pathlib import Path

import pytest

from charts.installation import find_helm


@pytest.fixture(scope="session")
def helm() -> Path:
    """The program; tests that need it are skipped without."""
    found = find_helm()
    if found is None:
        pytest.skip("Helm is neither on PATH nor built by `python -m tests.cluster build`")
    return found
