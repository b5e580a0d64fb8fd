"""Which cluster a machine gets, and what it is told when it can have none."""

import os
from pathlib import Path

import pytest

from tests.cluster import requirement
from tests.cluster.choice import choose_cluster
from tests.cluster.errors import CannotRun
from tests.cluster.given import Given
from tests.cluster.go import require_go
from tests.cluster.kind import Kind
from tests.cluster.namespaces import Namespaces
from tests.cluster.requirement import require_host

from .programs import pretend


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of programs of a machine that has nothing but a shell, no cache, and root as its user."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "sh"):
        (programs / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CLUSTER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NOTIFICATION_TEST_KUBECONFIG", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirement, "SYSTEM_PATH", (str(programs),))
    return programs


def equip(programs: Path) -> None:
    """Everything that machines of namespaces need."""
    for name in requirement.PACKAGES:
        pretend(programs, name)


def test_a_cluster_that_is_given_is_used(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(machine, "docker")
    monkeypatch.setenv("NOTIFICATION_TEST_KUBECONFIG", "/some/kubeconfig")
    cluster = choose_cluster()
    assert isinstance(cluster, Given)
    assert cluster.kubeconfig == Path("/some/kubeconfig")


def test_kind_is_used_where_an_engine_answers(machine: Path) -> None:
    pretend(machine, "docker", code=1)
    pretend(machine, "podman")
    assert isinstance(choose_cluster(), Kind)


def test_namespaces_are_used_where_no_engine_answers(machine: Path) -> None:
    equip(machine)
    pretend(machine, "docker", code=1)
    pretend(machine, "go", "go version go1.26.8 linux/amd64")
    assert isinstance(choose_cluster(), Namespaces)


def test_a_machine_without_packages_is_told_their_names(machine: Path) -> None:
    equip(machine)
    (machine / "runc").unlink()
    (machine / "nft").unlink()
    with pytest.raises(CannotRun, match=r"no container engine answers.*apt-get install nftables runc$"):
        choose_cluster()


def test_a_machine_without_go_is_told_so(machine: Path) -> None:
    equip(machine)
    with pytest.raises(CannotRun, match=r"go was not found\. Go 1\.26 or later"):
        choose_cluster()


def test_an_old_go_is_refused(machine: Path) -> None:
    pretend(machine, "go", "go version go1.19.8 linux/amd64")
    with pytest.raises(CannotRun, match=r"go1\.19 is too old"):
        require_go()


def test_a_user_without_rights_is_told_so(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    equip(machine)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRun, match="become root, or start a container engine"):
        require_host()


def test_a_python_that_machines_could_not_see_is_refused(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    equip(machine)
    monkeypatch.setattr("sys.prefix", "/var/lib/somewhere/.venv")
    with pytest.raises(CannotRun, match=r"would not see /var/lib/somewhere/\.venv"):
        require_host()
