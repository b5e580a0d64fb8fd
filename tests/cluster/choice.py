"""Which cluster this machine can have: the one that was given, kind where an engine answers, else namespaces."""

import os
from pathlib import Path

from tests.cluster import suites
from tests.cluster.build import find
from tests.cluster.cluster import Cluster
from tests.cluster.engine import find_engine
from tests.cluster.errors import CannotRun
from tests.cluster.given import VARIABLE, Given
from tests.cluster.go import require_go
from tests.cluster.kind import Kind
from tests.cluster.namespaces import Namespaces
from tests.cluster.requirement import require_host


def choose_cluster() -> Cluster:
    """The cluster for tests; CannotRun, with what to do, if this machine can have none."""
    if given := os.environ.get(VARIABLE):
        return Given(Path(given))
    if engine := find_engine():
        return Kind(engine)
    wanted = suites.of_machines()
    try:
        require_host()
        if not all(find(suite).exists() for suite in wanted):
            require_go()
    except CannotRun as error:
        raise CannotRun(f"no container engine answers, so kind cannot run; and {error}") from error
    return Namespaces()
