"""Ports of the local run: the public one is the user's choice, all others are free ones."""

import errno
import os
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from ..errors import PortTaken
from ..machine import HOST, Ports
from ..spec import ClusterSpec
from ..topology import list_gateways, list_workers

# Below the ports that systems give to outgoing connections, one of which could hold ours while its process restarts
_LASTING = range(20_000, 32_768)


@contextmanager
def reserve_port(port: int) -> Iterator[None]:
    """Keep `port` for the gateways, which share it by SO_REUSEPORT, even while none of them runs.

    Raises PortTaken. A first bind without SO_REUSEPORT finds others that would share it with us; the second, which
    never listens and so gets no connection, keeps them out.
    """
    try:
        _bind(port, socket.SO_REUSEADDR).close()
        reservation = _reserve(port)
    except OSError as error:
        raise PortTaken(_explain(port, error)) from error
    with reservation:
        yield


def choose_ports(cluster: ClusterSpec, public: int) -> Ports:
    """Return `public` with free ports for everything else."""
    gateways, workers = list_gateways(cluster), list_workers(cluster)
    free = iter(_find_free_ports(3 + 2 * len(gateways) + len(workers)))
    return Ports(
        public=public,
        postgres=next(free),
        nats=next(free),
        monitoring=next(free),
        management={name: next(free) for name in (*gateways, *workers)},
        internal={name: next(free) for name in gateways},
    )


def _find_free_ports(count: int) -> tuple[int, ...]:
    with ExitStack() as stack:  # all are held until the last is chosen, or one could come twice
        return tuple(stack.enter_context(_bind_any()).getsockname()[1] for _ in range(count))


def _bind_any() -> socket.socket:
    for port in random.sample(_LASTING, len(_LASTING)):
        with suppress(OSError):
            return _bind(port)
    return _bind(0)


def _reserve(port: int) -> socket.socket:
    try:
        return _bind(port, socket.SO_REUSEPORT)
    except OSError:  # connections that another program closed a moment ago; with SO_REUSEADDR we hold it less firmly
        return _bind(port, socket.SO_REUSEADDR, socket.SO_REUSEPORT)


def _bind(port: int, *options: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        for option in options:
            listener.setsockopt(socket.SOL_SOCKET, option, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _explain(port: int, error: OSError) -> str:
    other = port + 1 if port < 65_535 else 8080
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {HOST} is taken by another program: stop it or run with PORT={other} make run"
    return f"port {port} on {HOST} cannot be used ({os.strerror(error.errno or 0)}): run with PORT=8080 make run"
