"""Images of one static program each, written as archives without any container tool."""

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

from tests.cluster import cache
from tests.cluster.build import find
from tests.cluster.suites import Suite, companions, containers

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
NOBODY = "65534:65534"


def make_images() -> tuple[Path, ...]:
    """The archives of pause, CoreDNS and the tests' probe; those that are not in the cache are made."""
    return (
        make_image(containers(), "pause"),
        make_image(companions(), "coredns", user="0:0"),  # it serves port 53
        make_probe(),
    )


def make_probe() -> Path:
    """The archive of the image that the cluster's own tests run."""
    return make_image(containers(), "probe")


def make_image(suite: Suite, program: str, user: str = NOBODY) -> Path:
    """The archive of an image localhost/PROGRAM:1 that runs one program of `suite`."""
    archive = cache.folder("images") / f"{program}-{suite.key}.tar"
    if not archive.exists():
        unfinished = archive.with_suffix(".unfinished")
        write_archive(unfinished, f"localhost/{program}:1", find(suite) / program, user)
        unfinished.rename(archive)
    return archive


def write_archive(archive: Path, reference: str, program: Path, user: str) -> None:
    """Write an image of one layer that holds `program` in its root, as `docker save` would."""
    layer = write_tar({program.name: program.read_bytes()}, mode=0o755)
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": [f"/{program.name}"], "User": user},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": ["layer.tar"]}]
    texts = {"config.json": config, "manifest.json": manifest}
    files = {name: json.dumps(text).encode() for name, text in texts.items()}
    archive.write_bytes(write_tar({**files, "layer.tar": layer}, mode=0o644))


def write_tar(files: dict[str, bytes], mode: int) -> bytes:
    """A tar archive of `files`, the same bytes for the same content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
