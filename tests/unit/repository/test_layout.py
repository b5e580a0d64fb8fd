"""The rules of this repository that no linter knows."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_the_operator_folder_is_not_a_package() -> None:
    # With an __init__.py it would shadow the standard library's `operator` for whatever runs from the root.
    assert not (ROOT / "operator" / "__init__.py").exists()


@pytest.mark.parametrize("name", ["run", "dev"])
def test_requirements_name_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_what_runs_and_what_is_tested_are_the_same_versions() -> None:
    run, dev = (pins((ROOT / "requirements" / f"{name}.txt").read_text()) for name in ("run", "dev"))
    assert run.items() <= dev.items()


@pytest.mark.parametrize("distribution", ["operator", "workloads"])
def test_every_package_a_distribution_needs_is_locked(distribution: str) -> None:
    project = tomllib.loads((ROOT / distribution / "pyproject.toml").read_text())["project"]
    optional = itertools.chain.from_iterable(project.get("optional-dependencies", {}).values())
    needed = {re.split(r"[^A-Za-z0-9-]", wish)[0].lower() for wish in [*project["dependencies"], *optional]}
    locked = pins((ROOT / "requirements" / "run.txt").read_text())
    assert needed <= locked.keys()


@pytest.mark.parametrize("project", ["tests/node", "tests/bench/peers"])
def test_a_lock_file_of_node_names_no_host(project: str) -> None:
    text = (ROOT / project / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in text
    assert '"resolved"' not in text


def pins(requirements: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", requirements, re.M))
