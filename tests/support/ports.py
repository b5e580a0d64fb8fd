"""Ports nobody listens on."""

import socket


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `host` that was free a moment ago; whoever takes it should be quick."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts TCP connections on `host:port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
