"""The local run from its first line to its last: read, prepare, start, greet, watch, stop."""

import asyncio
import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ..errors import InvalidSpec, UserError, explaining
from ..machine import Machine, Places
from ..spec import ClusterSpec, derive_cluster, parse_document
from ..topology import Topology, derive_topology
from .account import choose_account
from .folder import hold_folder, show_path
from .greeting import greet, mint_tokens
from .interruption import Interruption
from .launcher import find_launcher
from .leftovers import end_leftovers
from .port_choice import choose_ports, reserve_port
from .postgres import Engine
from .program_search import find_programs
from .progress import Progress
from .replacement import replace_file
from .secret_files import ensure_database_password, ensure_secrets
from .supervisor import Preparation, Supervisor
from .unsupported import list_ignored, refuse_unsupported


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for: the cluster's file, the gateways' port and the folder to keep data in."""

    file: Path
    port: int
    folder: Path


async def run_locally(options: Options, progress: Progress) -> None:
    """Run the cluster until a signal asks to stop; raise an OperatorError when it cannot be run."""
    cluster = _read_cluster(options.file, progress)
    programs, places = find_programs(), Places(options.folder.resolve())
    with ExitStack() as held:
        with explaining(places.folder):
            held.enter_context(hold_folder(places))
            await end_leftovers(places, progress)
            held.enter_context(reserve_port(options.port))
            prepared = _prepare(cluster, Machine(choose_ports(cluster, options.port), programs, places))
        _announce(prepared, progress)
        async with aiohttp.ClientSession() as session:
            await _serve(cluster, prepared, Supervisor(prepared, session, progress), progress)


def _read_cluster(file: Path, progress: Progress) -> ClusterSpec:
    with explaining(file):
        text = file.read_bytes()
    try:
        document = parse_document(text)
        cluster = derive_cluster(document)
        refuse_unsupported(cluster)
    except InvalidSpec as error:
        raise UserError(f"{file}: {error}") from error
    if ignored := list_ignored(document):
        progress.warn(f"A local run ignores {', '.join(ignored)}")
    return cluster


def _prepare(cluster: ClusterSpec, machine: Machine) -> Preparation:
    places, launcher = machine.places, find_launcher()
    account = choose_account(places.postgres, machine.programs.postgres, launcher)
    password = ensure_database_password(places)
    ensure_secrets(cluster, machine, password.text)
    topology = derive_topology(cluster, machine)
    _write_configs(topology)
    _set_logs_aside(places)
    return Preparation(cluster.name, topology, machine, Engine(machine, account, launcher), password)


def _write_configs(topology: Topology) -> None:
    for path, config in topology.configs.items():
        replace_file(path, json.dumps(config, indent=2) + "\n")


def _set_logs_aside(places: Places) -> None:
    """Keep the logs of the last run beside those of this one."""
    previous = places.logs / "previous"
    shutil.rmtree(previous, ignore_errors=True)
    previous.mkdir()
    for log in places.logs.glob("*.log"):
        log.rename(previous / log.name)


def _announce(prepared: Preparation, progress: Progress) -> None:
    topology, folder = prepared.topology, show_path(prepared.machine.places.folder)
    gateways, workers = len(topology.gateways), len(topology.workers)
    progress.title(
        f"Cluster {prepared.name}: PostgreSQL, NATS, gateways: {gateways}, workers: {workers}; data in {folder}"
    )


async def _serve(cluster: ClusterSpec, prepared: Preparation, supervisor: Supervisor, progress: Progress) -> None:
    async def come_up() -> None:
        _, tokens = await asyncio.gather(supervisor.start(), mint_tokens(cluster, prepared.machine))
        greet(cluster, prepared.machine, tokens, progress)
        await supervisor.watch()

    def insist() -> None:
        progress.warn("Killing every process.")
        supervisor.kill()

    interruption = Interruption(insist)
    try:
        await interruption.interrupt(come_up())
    finally:
        await supervisor.stop()
