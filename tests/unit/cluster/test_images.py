"""Image archives are what container engines expect, written without one."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.cluster.images import write_archive


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "hello"
    path.write_bytes(b"\x7fELF and so on")
    return path


def test_an_archive_holds_one_program_under_one_reference(tmp_path: Path, program: Path) -> None:
    archive = tmp_path / "hello.tar"
    write_archive(archive, "localhost/hello:1", program, "65534:65534")
    files = read_tar(archive.read_bytes())
    (manifest,) = json.loads(files["manifest.json"])
    config, layer = json.loads(files[manifest["Config"]]), files[manifest["Layers"][0]]
    assert manifest["RepoTags"] == ["localhost/hello:1"]
    assert config["config"] == {"Entrypoint": ["/hello"], "User": "65534:65534"}
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert read_tar(layer) == {"hello": program.read_bytes()}


def test_the_program_may_be_executed(tmp_path: Path, program: Path) -> None:
    archive = tmp_path / "hello.tar"
    write_archive(archive, "localhost/hello:1", program, "65534:65534")
    with tarfile.open(fileobj=io.BytesIO(read_tar(archive.read_bytes())["layer.tar"])) as layer:
        assert layer.getmember("hello").mode == 0o755


def test_the_same_program_gives_the_same_archive(tmp_path: Path, program: Path) -> None:
    archives = [tmp_path / "one.tar", tmp_path / "other.tar"]
    for archive in archives:
        write_archive(archive, "localhost/hello:1", program, "0:0")
    assert archives[0].read_bytes() == archives[1].read_bytes()


def read_tar(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {name: tar.extractfile(name) for name in tar.getnames()}
        return {name: file.read() for name, file in files.items() if file is not None}
