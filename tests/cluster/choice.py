"""Which cluster this machine can have: the one that was given, kind where an engine answers, else namespaces."""

import os
import re
from ipaddress import IPv4Network
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
from tests.cluster.shape import DEFAULT_NAME, DEFAULT_NETWORK, Shape


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
    return Namespaces(choose_shape())


def choose_shape() -> Shape:
    """The shape of a cluster in namespaces; CLUSTER_NAME and CLUSTER_NETWORK set a second one beside the first."""
    name, network = (
        os.environ.get("CLUSTER_NAME", DEFAULT_NAME),
        os.environ.get("CLUSTER_NETWORK", str(DEFAULT_NETWORK)),
    )
    if not re.fullmatch("[a-z0-9]{1,8}", name):
        raise CannotRun(f"CLUSTER_NAME={name} names no cluster: up to eight of a-z and 0-9 do")
    try:
        return Shape(name=name, network=IPv4Network(network))
    except ValueError as error:
        raise CannotRun(f"CLUSTER_NETWORK={network}: {error}; write it like {DEFAULT_NETWORK}") from error
