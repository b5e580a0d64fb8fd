"""The image that all four are built on: a public Python, or where no registry can be reached a Debian made here."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from .command import run
from .engine import Engine
from .errors import BuildFailed, NoBase
from .progress import Progress

DEFAULT: Final = "python:3.13-slim"
DEBIAN: Final = "localhost/notification-base:bookworm"
PACKAGES: Final = "ca-certificates,python3-minimal,python3-venv"
# What nobody reads in a container.
SURPLUS: Final = (
    *(f"usr/share/{name}" for name in ("doc", "info", "lintian", "locale", "man")),
    *(f"var/{name}" for name in ("cache/apt", "cache/debconf", "lib/apt/lists", "log")),
)


def choose_base(engine: Engine, asked: str | None, progress: Progress) -> str:
    """Return the base: the one that was asked for, else the public one, else Debian; NoBase when there is none."""
    base = asked or DEFAULT
    if engine.has(base):
        return base
    try:
        progress.say(f"fetching {base}")
        engine.pull(base)
    except BuildFailed as error:
        if asked:
            raise NoBase(f"{base} cannot be had: {error}") from error
        return make_debian(engine, str(error), progress)
    return base


def make_debian(engine: Engine, reason: str, progress: Progress) -> str:
    """Return a Debian with Python, made unless it is here; NoBase, with `reason`, when that is impossible."""
    if engine.has(DEBIAN):
        progress.say(f"{DEFAULT} cannot be had: building on {DEBIAN}, which is here")
        return DEBIAN
    if os.geteuid() or not shutil.which("debootstrap"):
        raise NoBase(
            f"{DEFAULT} cannot be had ({reason}): name another image with Python by BASE_IMAGE=, "
            "or install debootstrap and run this as root, to build on a Debian made here"
        )
    progress.say(f"{DEFAULT} cannot be had: building on Debian, which debootstrap fetches in about a minute")
    with tempfile.TemporaryDirectory() as folder:
        _bootstrap(engine, Path(folder))
    return DEBIAN


def _bootstrap(engine: Engine, folder: Path) -> None:
    system = folder / "system"
    try:
        run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", system])
        for surplus in SURPLUS:
            _empty(system / surplus)
        dockerfile = folder / "Dockerfile"
        dockerfile.write_text('FROM scratch\nCOPY . /\nCMD ["/usr/bin/python3"]\n')
        engine.build(dockerfile, system, DEBIAN)
    finally:
        _unmount(system)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _unmount(system: Path) -> None:
    """Take away what an interrupted debootstrap left mounted, before the folder is removed."""
    for mounted in ("proc", "sys"):
        if (system / mounted).is_mount():
            run(["umount", system / mounted])
