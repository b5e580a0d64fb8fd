"""The version of Kubernetes is a parameter."""

import pytest

from tests.cluster import suites, versions
from tests.cluster.errors import CannotRun


@pytest.mark.parametrize("wish", ["1.35.4", "v1.35.4"])
def test_the_environment_chooses_the_version_of_kubernetes(monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    monkeypatch.setenv("KUBERNETES_VERSION", wish)
    suite = suites.kubernetes()
    assert suite.modules == {"k8s.io/kubernetes": "1.35.4"}
    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4" in suite.flags
    assert "-X k8s.io/component-base/version.gitMinor=35" in suite.flags


@pytest.mark.parametrize("wish", ["latest", "1.36", "2.0.0", "1.36.3-beta"])
def test_what_is_no_version_is_refused(monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    monkeypatch.setenv("KUBERNETES_VERSION", wish)
    with pytest.raises(CannotRun, match="write it like"):
        versions.kubernetes()


def test_libraries_are_published_under_the_minor_version() -> None:
    assert versions.staging("1.36.3") == "0.36.3"


def test_each_version_is_kept_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_VERSION", "1.35.4")
    older = suites.kubernetes().key
    monkeypatch.setenv("KUBERNETES_VERSION", "1.36.3")
    assert suites.kubernetes().key != older


def test_programs_are_named_by_their_packages() -> None:
    assert suites.containers().programs == ("pause", "probe")
    assert suites.etcd().programs == ("etcd",)
    assert "containerd-shim-runc-v2" in suites.companions().programs
