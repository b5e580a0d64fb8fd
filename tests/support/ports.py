"""Ports nobody listens on."""

import random
import socket
from contextlib import suppress

# Below the range from which systems take ports for outgoing connections
LASTING = range(20_000, 32_768)

# A port is often bound long after it was given, so none is given twice: a server needs two that differ
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `host`, free a moment ago, that no other caller and no outgoing connection will take."""
    left = sorted(set(LASTING) - _given)
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
