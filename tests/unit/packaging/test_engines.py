"""Whatever engine answers builds the images; what goes wrong is said in one line."""

from pathlib import Path

import pytest

from images.base import choose_base
from images.engine import Engine, find_engine
from images.errors import BuildFailed, NoBase, NoEngine
from images.progress import Progress


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_an_engine_that_does_not_answer_is_passed_over(programs: Path) -> None:
    install(programs, "docker", "exit 1")
    install(programs, "buildah", "exit 0")
    assert find_engine() == Engine("buildah")


def test_docker_comes_first(programs: Path) -> None:
    for name in ("docker", "podman", "buildah"):
        install(programs, name, "exit 0")
    assert find_engine() == Engine("docker")


@pytest.mark.usefixtures("programs")
def test_without_an_engine_one_is_told_what_to_install() -> None:
    with pytest.raises(NoEngine, match="apt-get install buildah"):
        find_engine()


def test_a_failed_build_is_told_by_its_error(programs: Path, tmp_path: Path) -> None:
    install(programs, "podman", "echo 'STEP 1'; echo 'Error: no space left'; echo 'bye'; exit 125")
    with pytest.raises(BuildFailed, match=r"^podman build failed: Error: no space left$"):
        Engine("podman").build(tmp_path / "Dockerfile", tmp_path, "localhost/a:1")


def test_a_base_that_is_here_is_not_fetched(programs: Path) -> None:
    install(programs, "docker", '[ "$1" = inspect ]')
    assert choose_base(Engine("docker"), None, Progress()) == "python:3.13-slim"


def test_a_base_that_was_asked_for_has_no_substitute(programs: Path) -> None:
    install(programs, "docker", "echo 'Error: no such host' >&2; exit 1")
    with pytest.raises(NoBase, match=r"^example.org/python:1 cannot be had: docker pull failed: Error: no such host$"):
        choose_base(Engine("docker"), "example.org/python:1", Progress())


def test_without_a_registry_and_debootstrap_one_is_told_what_to_do(programs: Path) -> None:
    install(programs, "docker", "echo 'Error: no such host' >&2; exit 1")
    with pytest.raises(NoBase, match=r"no such host.*BASE_IMAGE=.*debootstrap"):
        choose_base(Engine("docker"), None, Progress())


def test_a_debian_made_earlier_stands_in_for_the_public_base(programs: Path) -> None:
    install(programs, "buildah", 'case "$*" in *localhost/*) exit 0 ;; esac; exit 1')
    assert choose_base(Engine("buildah"), None, Progress()) == "localhost/notification-base:bookworm"
