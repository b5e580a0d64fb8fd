"""Where programs, images and the state of clusters lie: $CLUSTER_CACHE, or ~/.cache/notification-operator-cluster.

Everything in it can be made again: the folder may be deleted whenever no cluster runs.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.errors import CannotRun


def root() -> Path:
    """The folder of everything; it may not be there."""
    named = os.environ.get("CLUSTER_CACHE")
    return (Path(named) if named else Path.home() / ".cache" / "notification-operator-cluster").absolute()


def folder(*parts: str) -> Path:
    """A folder of the cache, made if it is not there; CannotRun if it cannot be."""
    path = root().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"{path} cannot be made ({error.strerror}): name another folder by CLUSTER_CACHE") from error
    return path


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold the lock `name`, so that two commands never do the same thing at once."""
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
