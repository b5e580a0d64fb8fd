"""The container engine of this host, if one answers."""

import os
import shutil

from tests.cluster.command import run
from tests.cluster.errors import ClusterError

ENGINES = ("docker", "podman")


def find_engine() -> str | None:
    """The name of an engine that answers and that kind can use, or None."""
    return next(filter(answers, ENGINES), None)


def answers(engine: str) -> bool:
    """Whether `engine` is installed and can do what it is asked."""
    if shutil.which(engine) is None:
        return False
    try:
        run([engine, "info"], within=10)
    except ClusterError:
        return False
    return True


def kind_environment(engine: str) -> dict[str, str]:
    """What kind gets so that it uses `engine`."""
    return {**os.environ, "KIND_EXPERIMENTAL_PROVIDER": engine}
