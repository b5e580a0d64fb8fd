"""The public port is kept for us, the others are free ones."""

import socket

import pytest

from notification_operator.errors import PortTaken
from notification_operator.local.port_choice import choose_ports, reserve_port
from tests.support.ports import free_port

from .clusters import derive


def test_all_ports_differ() -> None:
    ports = choose_ports(derive(gateway={"replicas": 3}), 8080)
    chosen = [ports.postgres, ports.nats, ports.monitoring, *ports.management.values(), *ports.internal.values()]
    assert len(set(chosen)) == len(chosen) == 10
    assert set(ports.management) == {"gateway-0", "gateway-1", "gateway-2", "worker-0"}
    assert set(ports.internal) == {"gateway-0", "gateway-1", "gateway-2"}


def test_a_reserved_port_can_be_shared_by_gateways_and_taken_by_nobody_else() -> None:
    port = free_port()
    with reserve_port(port):
        with pytest.raises(OSError, match="in use"), socket.create_server(("127.0.0.1", port)):
            pass
        with (
            socket.create_server(("127.0.0.1", port), reuse_port=True) as gateway,
            socket.create_connection(("127.0.0.1", port), timeout=5) as client,
        ):
            connection, address = gateway.accept()
            connection.close()
            assert address == client.getsockname(), "the reservation itself never takes a connection"


def test_connections_that_were_closed_a_moment_ago_do_not_take_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            connection, _ = other.accept()
            connection.close()  # the side that closes first keeps the port for a minute
            assert client.recv(1) == b""
    with reserve_port(port), socket.create_server(("127.0.0.1", port), reuse_port=True) as gateway:
        assert gateway.getsockname()[1] == port


def test_a_port_is_free_again_afterwards() -> None:
    port = free_port()
    with reserve_port(port):
        pass
    with socket.create_server(("127.0.0.1", port)) as other:
        assert other.getsockname()[1] == port


def test_a_taken_port_is_refused_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = rf"port {port} on 127.0.0.1 is taken by another program: stop it or run with PORT={port + 1} make run"
        with pytest.raises(PortTaken, match=message), reserve_port(port):
            pass


def test_an_address_that_everybody_may_use_counts_as_taken() -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as other,
        pytest.raises(PortTaken),
        reserve_port(other.getsockname()[1]),
    ):
        pass
