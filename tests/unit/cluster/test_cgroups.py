"""The cgroups of a machine, on trees that look like those of both versions."""

from pathlib import Path

import pytest

from tests.cluster import cgroups

CGROUP = "/nc-main/node-0"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """Version 1: a hierarchy for each controller, and a link that names one a second time."""
    for name in ("cpuset", "memory"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    (tmp_path / "again").symlink_to(tmp_path / "memory")
    return tmp_path


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Version 2: one hierarchy."""
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory\n")
    (tmp_path / "cgroup.procs").touch()
    return tmp_path


def test_a_cgroup_is_made_in_every_hierarchy_of_version_1(first: Path) -> None:
    cgroups.make(CGROUP, first)
    assert sorted(path.parent.parent.name for path in first.glob("*/nc-main/node-0")) == ["again", "cpuset", "memory"]


def test_a_new_cpuset_may_use_every_processor(first: Path) -> None:
    cgroups.make(CGROUP, first)
    for path in (first / "cpuset" / "nc-main", first / "cpuset" / "nc-main" / "node-0"):
        assert (path / "cpuset.cpus").read_text() == "0-1\n"
        assert (path / "cpuset.mems").read_text() == "0\n"


def test_every_controller_reaches_a_cgroup_of_version_2(second: Path) -> None:
    cgroups.make(CGROUP, second)
    assert (second / "nc-main" / "node-0").is_dir()
    for path in (second, second / "nc-main"):
        assert (path / "cgroup.subtree_control").read_text() == "+cpuset +cpu +memory"
    assert not (second / "nc-main" / "node-0" / "cgroup.subtree_control").exists()


def test_processes_are_found_in_a_cgroup_and_below(second: Path) -> None:
    for path, pids in {"nc-main": "", "nc-main/node-0": "7\n", "nc-main/node-0/pod": "8\n9\n"}.items():
        (second / path).mkdir()
        (second / path / "cgroup.procs").write_text(pids)
    assert cgroups.processes("/nc-main", second) == {7, 8, 9}


def test_a_cgroup_is_removed_with_all_below_it(second: Path) -> None:
    (second / "nc-main" / "node-0" / "pod").mkdir(parents=True)
    cgroups.remove("/nc-main", second)
    assert not (second / "nc-main").exists()


def test_a_cgroup_that_is_not_there_is_no_trouble(first: Path) -> None:
    cgroups.remove(CGROUP, first)
    assert cgroups.processes(CGROUP, first) == set()
