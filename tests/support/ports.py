"""Ports nobody listens on."""

import os
import random
import socket
from contextlib import suppress

# Below those that systems take for outgoing connections, and those that local runs choose by themselves
LASTING = range(10_000, 20_000)

# A port is often bound long after it was given, so none is given twice: a server needs two that differ
_given: set[int] = set()


def own_share(worker: str, workers: int) -> range:
    """The ports that are given in one of several processes, which know nothing of each other's: "gw0", "gw1", ..."""
    return LASTING[int(worker.removeprefix("gw")) :: workers]


# As pytest-xdist names and counts the processes
_OWN = own_share(os.environ.get("PYTEST_XDIST_WORKER", "gw0"), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `host`, free a moment ago, that no other caller and no outgoing connection will take."""
    left = sorted(set(_OWN) - _given)
    for port in random.sample(left, len(left)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((host, port))
            _given.add(port)
            return port
    raise AssertionError("every port is taken")


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts TCP connections on `host:port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
