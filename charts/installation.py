"""install.yaml: the chart rendered for `kubectl apply`, and sealed, so that drift shows even without Helm."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.cluster import suites
from tests.cluster.build import find

ROOT: Final = Path(__file__).resolve().parents[1]
CHART: Final = ROOT / "charts" / "notification-operator"
INSTALL: Final = ROOT / "install.yaml"
NAME: Final = "notification-operator"

_HEADER: Final = """\
# The operator for `kubectl apply -f install.yaml`: charts/notification-operator, rendered by `make manifests`.
# seal: """


class RenderingFailed(Exception):
    """The chart could not be rendered; the message is one line for a person."""


def find_helm() -> Path | None:
    """Return Helm: the one on PATH, else the one that was built for the tests, else None."""
    installed, built = shutil.which("helm"), find(suites.companions()) / "helm"
    return Path(installed) if installed else built if built.exists() else None


def run_helm(helm: Path, *words: str | Path) -> str:
    """Return what Helm printed; raise RenderingFailed with its complaint."""
    done = subprocess.run([helm, *words], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise RenderingFailed(f"helm {words[0]} failed: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout


def render_chart(helm: Path, *flags: str) -> str:
    """Return the manifests of a release that is named like the chart, in a namespace of that name."""
    return run_helm(helm, "template", NAME, CHART, "--namespace", NAME, *flags)


def render_install(helm: Path) -> str:
    """Return what install.yaml should be."""
    body = render_chart(helm, "--set", "namespace.create=true")
    return f"{_HEADER}{compute_seal(body)}\n{body}"


def split_install(text: str) -> tuple[str, str]:
    """Return the seal of an install.yaml and what was sealed."""
    seal, _, body = text.removeprefix(_HEADER).partition("\n")
    return seal, body


def compute_seal(body: str) -> str:
    """Return the hash of a rendering together with every file of the chart that it was made from."""
    digest = hashlib.sha256(body.encode())
    for path in sorted(CHART.rglob("*")):
        if path.is_file():
            digest.update(f"\0{path.relative_to(CHART).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
