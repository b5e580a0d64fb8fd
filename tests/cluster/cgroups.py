"""The cgroups of a machine, in every hierarchy of version 1 or in the one of version 2."""

import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = "cgroup.controllers"


def make(cgroup: str, root: Path = ROOT) -> None:
    """Make the cgroup `cgroup` (an absolute name) in every hierarchy, so that a kubelet can use it as its root."""
    if (root / CONTROLLERS).exists():
        make_unified(cgroup, root)
        return
    for hierarchy in hierarchies(root):
        (hierarchy / cgroup[1:]).mkdir(parents=True, exist_ok=True)
        if hierarchy.name.split(",")[0] == "cpuset":
            fill_cpuset(hierarchy, cgroup)


def make_unified(cgroup: str, root: Path) -> None:
    """Make the cgroup where version 2 has one hierarchy, with all of its controllers."""
    (root / cgroup[1:]).mkdir(parents=True, exist_ok=True)
    enable = " ".join(f"+{controller}" for controller in (root / CONTROLLERS).read_text().split())
    for above in reversed((root / cgroup[1:]).relative_to(root).parents):
        (root / above / "cgroup.subtree_control").write_text(enable)


def fill_cpuset(hierarchy: Path, cgroup: str) -> None:
    """Copy the processors and the memory of the hierarchy's root: a new cpuset has none, and nothing can run in it."""
    folder = hierarchy
    for part in Path(cgroup[1:]).parts:
        folder = folder / part
        for name in ("cpuset.cpus", "cpuset.mems"):
            (folder / name).write_text((hierarchy / name).read_text())


def processes(cgroup: str, root: Path = ROOT) -> set[int]:
    """The processes in `cgroup` and below."""
    return {int(pid) for path in folders(cgroup, root) for pid in (path / "cgroup.procs").read_text().split()}


def remove(cgroup: str, root: Path = ROOT) -> None:
    """Remove `cgroup` and all below it; they must be empty."""
    for path in folders(cgroup, root):
        path.rmdir()


def folders(cgroup: str, root: Path = ROOT) -> list[Path]:
    """The folders of `cgroup` and of all below it, the lowest first."""
    tops = [hierarchy / cgroup[1:] for hierarchy in hierarchies(root)]
    found = [Path(path) for top in tops for path, _, _ in os.walk(top)]
    return sorted(found, key=lambda path: len(path.parts), reverse=True)


def hierarchies(root: Path) -> list[Path]:
    """The mounted hierarchies: `root` itself in version 2."""
    if (root / CONTROLLERS).exists():
        return [root]
    return [path for path in root.iterdir() if not path.is_symlink() and (path / "cgroup.procs").exists()]
