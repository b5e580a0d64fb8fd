"""The account that test servers run under: PostgreSQL refuses to be root, and tests in containers are root."""

import os
import shutil
from pathlib import Path

import pytest

NOBODY = 65534
DAC_OVERRIDE = 1
DAC_READ_SEARCH = 2


def dropped(*paths: Path) -> list[str]:
    """Words to put before a command so that it dies with its parent and, started by root, runs as nobody.

    `paths` are what the command has to reach; below a folder closed to others it keeps one capability to pass it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if os.geteuid() == 0:
            pytest.skip("PostgreSQL cannot run as root, and setpriv (util-linux) is not installed")
        return []
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig=KILL"]
    words = [setpriv, "--pdeathsig=KILL", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return words if all(map(is_open_to_others, paths)) else [*words, *keep(passing_capability())]


def give_away(*paths: Path) -> None:
    """Make the account that `dropped` commands run under the owner of `paths`."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


def is_open_to_others(path: Path) -> bool:
    """Whether every folder above `path` lets others pass."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def keep(capability: str) -> list[str]:
    """The setpriv options that give up every capability but one."""
    return [
        "--securebits=+no_setuid_fixup",  # or access(2), by which initdb looks around, would ignore it
        f"--inh-caps=-all,+{capability}",
        f"--ambient-caps=+{capability}",
        f"--bounding-set=-all,+{capability}",
    ]


def passing_capability() -> str:
    """The smaller of the two capabilities that pass a closed folder and that this container still has."""
    status = Path("/proc/self/status").read_text()
    bounding = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd")), 16)
    if bounding >> DAC_READ_SEARCH & 1:
        return "dac_read_search"
    if bounding >> DAC_OVERRIDE & 1:
        return "dac_override"
    pytest.skip("nobody cannot reach this checkout: a folder above it is closed to others, and root may not open it")
