"""The data folder: made with the right modes, and held by one run at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FolderInUse
from ..machine import Places


@contextmanager
def hold_folder(places: Places) -> Iterator[None]:
    """Keep other runs out while the block runs; raise FolderInUse if one is in. The kernel frees it when we die."""
    _make_folders(places)
    descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, places.folder)
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def show_path(path: Path) -> str:
    """Return `path` as the user would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _make_folders(places: Places) -> None:
    for folder, mode in {
        places.folder: 0o755,
        places.configs: 0o755,
        places.logs: 0o700,
        places.nats: 0o700,
        places.secrets: 0o700,
    }.items():
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    places.secrets.chmod(0o700)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode(errors="replace").strip()
        raise FolderInUse(
            f"{show_path(folder)} is in use by another run (process {holder}): stop it first, or use another folder"
        ) from error
