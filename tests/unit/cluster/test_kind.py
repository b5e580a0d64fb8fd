"""What kind and its engine are asked to do; both only pretend here, for neither ever ran beside these tests."""

from pathlib import Path

import pytest

from tests.cluster.errors import CommandFailed
from tests.cluster.kind import Kind
from tests.cluster.progress import Progress

from .programs import calls, pretend


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("cat", "sh"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CLUSTER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBERNETES_VERSION", raising=False)
    pretend(tmp_path, "kind")
    pretend(tmp_path, "docker")
    pretend(tmp_path, "kubectl", "ok")
    return tmp_path


def test_a_cluster_is_created_from_the_configuration(programs: Path) -> None:
    Kind("docker").up(Progress())
    listing, deletion, creation = calls(programs, "kind")
    assert listing == "get clusters"
    assert deletion.startswith("delete cluster --name=notifications")
    assert "--config=" in creation
    assert "kind-config.yaml" in creation
    assert "--image" not in creation


def test_a_version_chooses_the_image_of_the_nodes(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_VERSION", "1.36.3")
    Kind("docker").up(Progress())
    assert calls(programs, "kind")[-1].endswith("--image=kindest/node:v1.36.3")


def test_a_cluster_that_is_up_stays(programs: Path) -> None:
    pretend(programs, "kind", "notifications")
    pretend(programs, "kubectl", "ok")
    Kind("docker").up(Progress())
    assert calls(programs, "kind") == ["get clusters"]


def test_images_are_loaded_from_archives(programs: Path) -> None:
    Kind("docker").load([Path("one.tar"), Path("two.tar")])
    assert calls(programs, "kind") == [
        "load image-archive one.tar --name=notifications",
        "load image-archive two.tar --name=notifications",
    ]


def test_a_node_is_killed_and_started_by_its_engine(programs: Path) -> None:
    cluster = Kind("docker")
    cluster.kill("notifications-worker2")
    cluster.start("notifications-worker2")
    assert calls(programs, "docker") == ["kill notifications-worker2", "start notifications-worker2"]


def test_the_audit_log_is_read_from_the_control_plane(programs: Path) -> None:
    pretend(programs, "docker", '{"stage": "ResponseComplete"}')
    assert Kind("docker").audit_log().read_text().strip() == '{"stage": "ResponseComplete"}'
    assert calls(programs, "docker") == ["exec notifications-control-plane cat /var/log/kubernetes/audit.jsonl"]


def test_a_failure_of_kind_is_told(programs: Path) -> None:
    pretend(programs, "kind", "ERROR: no space left on device", code=1)
    with pytest.raises(CommandFailed, match="no space left on device"):
        Kind("docker").load([Path("one.tar")])
