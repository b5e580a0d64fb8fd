"""The Go module that a suite is built in: it requires what the suite needs and holds our own sources."""

import json
import re
import shutil
from pathlib import Path

from tests.cluster import cache, versions
from tests.cluster.go import call_go
from tests.cluster.suites import Suite

KUBERNETES = "k8s.io/kubernetes"


def make_module(suite: Suite) -> Path:
    """Make the module of `suite` anew and return its folder."""
    module = cache.folder("modules", suite.key)
    for left in module.glob("go.*"):
        left.unlink()
    for source in suite.sources:
        shutil.copytree(source, module / source.name, dirs_exist_ok=True)
    call_go(["mod", "init", f"cluster/{suite.name}"], module)
    for path, version in suite.modules.items():
        call_go(["mod", "edit", f"-require={path}@v{version}"], module)
    if KUBERNETES in suite.modules:
        replace_staging(module, suite.modules[KUBERNETES])
    return module


def replace_staging(module: Path, version: str) -> None:
    """Replace each staging library by its published version, and start from the checksums that Kubernetes publishes."""
    source = Path(json.loads(call_go(["mod", "download", "-json", f"{KUBERNETES}@v{version}"], module))["Dir"])
    names = re.findall(r"^\t(\S+) => \./staging/", (source / "go.mod").read_text(), re.M)
    call_go(["mod", "edit", *(f"-replace={name}={name}@v{versions.staging(version)}" for name in names)], module)
    with (module / "go.sum").open("a") as sums:
        sums.write((source / "go.sum").read_text())
