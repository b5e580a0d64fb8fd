"""Which processes a cluster is made of, on one machine: their command lines, ports, config files and logs.

Pure: nothing is read and nothing is started.
"""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from .machine import HOST, Machine
from .nats_config import PERMISSIONS, NatsPlace
from .spec import ClusterSpec
from .workload_config import Surroundings, list_auth_keys, render_gateway_config, render_worker_config

DATABASE = "notifications"
DATABASE_ROLE = "notifications"

# A trial deserves the promise too: fsync and synchronous_commit stay on. No socket in a folder that others may share.
POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Three connections of PostgreSQL's hundred are kept for superusers.
CONNECTIONS_FOR_WORKLOADS = int(POSTGRES_SETTINGS["max_connections"]) - 3

Role = Literal["postgres", "nats", "setup", "gateway", "worker"]


@dataclass(frozen=True, slots=True)
class Process:
    """One process: how it is started and stopped, and where it says whether it is ready."""

    name: str
    role: Role
    argv: tuple[str, ...]
    log: Path
    ready_url: str | None = None
    management: int | None = None
    internal: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Topology:
    """The processes of one cluster, in the order in which they need each other, and the config files they read."""

    postgres: Process
    nats: Process
    setup: Process
    gateways: tuple[Process, ...]
    workers: tuple[Process, ...]
    configs: Mapping[Path, Mapping[str, Any]]


def list_gateways(cluster: ClusterSpec) -> tuple[str, ...]:
    """Return the names of the gateways."""
    return tuple(f"gateway-{number}" for number in range(cluster.gateway.replicas))


def list_workers(cluster: ClusterSpec) -> tuple[str, ...]:
    """Return the names of the workers."""
    return tuple(f"worker-{number}" for number in range(cluster.worker.replicas))


def derive_topology(cluster: ClusterSpec, machine: Machine) -> Topology:
    """Return the processes of `cluster` on `machine`."""
    around, places = _derive_surroundings(cluster, machine), machine.places
    return Topology(
        postgres=_derive_postgres(machine),
        nats=_derive_nats(machine),
        setup=_derive_setup(machine),
        gateways=tuple(_derive_gateway(name, machine) for name in list_gateways(cluster)),
        workers=tuple(_derive_workload(name, "worker", machine) for name in list_workers(cluster)),
        configs={
            places.config("gateway"): render_gateway_config(cluster, around),
            places.config("worker"): render_worker_config(cluster, around),
        },
    )


def derive_nats_place(cluster: ClusterSpec, machine: Machine) -> NatsPlace:
    """Return where the NATS server of `cluster` listens and stores."""
    return NatsPlace(
        server_name=f"{cluster.name}-nats-0",
        listen=f"{HOST}:{machine.ports.nats}",
        monitoring=f"{HOST}:{machine.ports.monitoring}",
        store=str(machine.places.nats),
    )


def derive_postgres_uri(port: int, password: str) -> str:
    """Return the address, with its password, by which the workloads reach PostgreSQL; a secret."""
    return f"postgresql://{DATABASE_ROLE}:{quote(password, safe='')}@{HOST}:{port}/{DATABASE}"


def _derive_surroundings(cluster: ClusterSpec, machine: Machine) -> Surroundings:
    places = machine.places
    return Surroundings(
        postgres_uri=str(places.postgres_uri),
        nats_servers=(f"nats://{HOST}:{machine.ports.nats}",),
        nats_replicas=1,
        nats_passwords={role: str(places.nats_password(role)) for role in PERMISSIONS},
        auth_keys={key.id: str(places.auth_key(key.secret, key.entry)) for key in list_auth_keys(cluster.auth)},
        channel_file=lambda secret, entry: str(places.given(secret, entry) if secret else places.unsubscribe_key),
    )


def _derive_postgres(machine: Machine) -> Process:
    settings = {**POSTGRES_SETTINGS, "port": str(machine.ports.postgres)}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Process(
        name="postgres",
        role="postgres",
        argv=(str(machine.programs.postgres), "-D", str(machine.places.postgres), *arguments),
        log=machine.places.log("postgres"),
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown: SIGTERM would wait for clients to leave
    )


def _derive_nats(machine: Machine) -> Process:
    return Process(
        name="nats",
        role="nats",
        argv=(str(machine.programs.nats_server), "--config", str(machine.places.nats_config)),
        log=machine.places.log("nats"),
        ready_url=f"http://{HOST}:{machine.ports.monitoring}/healthz",
    )


def _derive_setup(machine: Machine) -> Process:
    places = machine.places
    return Process(
        name="setup",
        role="setup",
        argv=(str(machine.programs.notifications), "setup", "--config", str(places.config("worker"))),
        log=places.log("setup"),
    )


def _derive_gateway(name: str, machine: Machine) -> Process:
    return _derive_workload(
        name,
        "gateway",
        machine,
        ("--port", str(machine.ports.public), "--reuse-port", "--internal-port", str(machine.ports.internal[name])),
    )


def _derive_workload(
    name: str, role: Literal["gateway", "worker"], machine: Machine, flags: tuple[str, ...] = ()
) -> Process:
    management, places = machine.ports.management[name], machine.places
    command = (str(machine.programs.notifications), role, "--config", str(places.config(role)), "--id", name)
    return Process(
        name=name,
        role=role,
        argv=(*command, "--host", HOST, "--management-port", str(management), *flags),
        log=places.log(name),
        ready_url=f"http://{HOST}:{management}/readyz",
        management=management,
        internal=machine.ports.internal.get(name),
    )
