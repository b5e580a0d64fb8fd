"""The Go toolchain, quiet and polite: static programs, no workspace, and what runs beside a build goes first."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.cluster import versions
from tests.cluster.command import run
from tests.cluster.errors import BuildFailed, CannotRun

POLITE = ("nice", "-n", "19")


def require_go() -> None:
    """CannotRun unless there is a Go that is new enough."""
    needed = ".".join(map(str, versions.GO))
    advice = f"Go {needed} or later builds Kubernetes: install it (see go.dev/doc/install) and put it on PATH"
    if shutil.which("go") is None:
        raise CannotRun(f"go was not found. {advice}")
    found = re.search(r"go(\d+)\.(\d+)", run(["go", "version"]))
    if found is None or tuple(map(int, found.groups())) < versions.GO:
        raise CannotRun(f"{found[0] if found else 'go'} is too old. {advice}")


def call_go(words: Sequence[str], folder: Path) -> str:
    """Run a command of Go in `folder` and return what it printed; BuildFailed with its complaint if it fails."""
    done = subprocess.run(
        [*POLITE, "go", *words], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildFailed(f"go {words[0]} failed in {folder}: {complaint(done.stderr.splitlines())}")
    return done.stdout


def follow_go(words: Sequence[str], folder: Path) -> Iterator[str]:
    """Run a command of Go in `folder` and give each line it says when it says it; BuildFailed if it fails."""
    command = [*POLITE, "go", *words]
    with subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stderr or ():
            said.append(line.rstrip())
            yield said[-1]
    if process.returncode != 0:
        raise BuildFailed(f"go {words[0]} failed in {folder}: {complaint(said)}")


def environment() -> dict[str, str]:
    """What Go gets: the caller's environment, but static programs and modules that may complete themselves."""
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=mod".strip()
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": flags}


def complaint(said: Sequence[str]) -> str:
    """The last line that Go said and that is not about a download."""
    lines = [line.strip() for line in said if line.strip() and not line.startswith("go: downloading")]
    return lines[-1] if lines else "it said nothing"
