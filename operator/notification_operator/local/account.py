"""The account that PostgreSQL runs under, which refuses root: ours, or `nobody` when we are root.

Below a folder that others may not enter (root's home, a temporary folder) `nobody` keeps one capability, to pass
through such folders, and can gain no other. Containers often lack that one; there a broader one has to do.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import MissingPrivilege
from .launcher import Launcher

NOBODY = 65534
ROOT = 0

# Bits of the capability sets in /proc, from linux/capability.h.
_BITS = {"chown": 0, "dac_override": 1, "dac_read_search": 2, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8}
_TO_CHANGE_ACCOUNT = frozenset({"chown", "kill", "setgid", "setuid"})

_READ, _ENTER = 0o004, 0o001


@dataclass(frozen=True, slots=True)
class Account:
    """A user id, and the flags by which `setpriv` changes to it (none when it is ours)."""

    uid: int
    flags: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        if self.flags:
            os.chown(path, self.uid, self.uid)


def choose_account(data: Path, program: Path, launcher: Launcher) -> Account:
    """Return the account for PostgreSQL's `program` on `data`; raise MissingPrivilege when root cannot give it."""
    if os.geteuid() != ROOT:
        return Account(os.geteuid())
    if launcher.setpriv is None:
        raise MissingPrivilege("PostgreSQL refuses to run as root and setpriv is missing: run as another user")
    held = read_capabilities(Path("/proc/self/status").read_text())
    return Account(NOBODY, derive_flags(held, choose_wanted(data, program)))


def choose_wanted(data: Path, program: Path) -> tuple[str, ...]:
    """Return the capabilities of which `nobody` needs one, the narrowest first; none where everybody may enter."""
    if not program.stat().st_mode & _ENTER:
        return ("dac_override",)
    folders = {*data.parents, *program.parents, *program.resolve().parents}
    closed = any(not folder.stat().st_mode & _ENTER for folder in folders) or not program.stat().st_mode & _READ
    return ("dac_read_search", "dac_override") if closed else ()


def derive_flags(held: Iterable[str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the flags of `setpriv` that change to `nobody` with the first of `wanted` that is held. Pure."""
    held = frozenset(held)
    plain = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if missing := _TO_CHANGE_ACCOUNT - held:
        raise MissingPrivilege(_explain(f"root lacks {', '.join(sorted(missing))} here"))
    if not wanted:
        return plain
    kept = next((capability for capability in wanted if capability in held), None)
    if kept is None or "setpcap" not in held:
        raise MissingPrivilege(_explain("a parent folder is closed to others"))
    sets = (f"--inh-caps=-all,+{kept}", f"--ambient-caps=+{kept}", f"--bounding-set=-all,+{kept}")
    return (*plain, "--securebits=+no_setuid_fixup", *sets)  # or access(2), by which initdb looks, would ignore it


def read_capabilities(status: str) -> frozenset[str]:
    """Return which capabilities /proc/PID/status says are permitted and may be passed on. Pure."""
    sets = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Cap"))
    usable = int(sets["CapPrm"], 16) & int(sets["CapBnd"], 16)
    return frozenset(name for name, bit in _BITS.items() if usable >> bit & 1)


def _explain(reason: str) -> str:
    return (
        f"PostgreSQL refuses to run as root and cannot run as nobody, because {reason}: "
        "run as another user, or in a folder that everybody may enter"
    )
