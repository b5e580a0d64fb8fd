"""Keeps the processes of one cluster running: starts them in the order in which they need each other, stops them in
the reverse order, and records every change in the state file."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import aiohttp

from ..errors import OperatorError
from ..machine import Machine
from ..topology import Process, Topology
from .child import Child, Recipe
from .ending import Ending, explain_failed_start
from .leftovers import end_stale_postgres
from .one_shot import run_logged
from .postgres import Engine, ensure_database
from .progress import Progress, reminding
from .readiness import Probe, probe_http, probe_postgres
from .secret_files import DatabasePassword
from .state import render_state, write_state

# Seconds to stop in. A gateway drains: it moves its clients and lets requests finish.
GRACE: Final = {"gateway": 30.0, "worker": 30.0, "nats": 10.0, "postgres": 20.0}


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything that was decided before the first process starts."""

    name: str
    topology: Topology
    machine: Machine
    engine: Engine
    database_password: DatabasePassword


class Supervisor:
    """The children of one cluster."""

    def __init__(self, prepared: Preparation, session: aiohttp.ClientSession, progress: Progress) -> None:
        topology = prepared.topology
        self._prepared = prepared
        self._session = session
        self._progress = progress
        self._postgres = self._make_child(topology.postgres)
        self._nats = self._make_child(topology.nats)
        self._gateways = [self._make_child(process) for process in topology.gateways]
        self._workers = [self._make_child(process) for process in topology.workers]

    @property
    def _children(self) -> list[Child]:
        return [self._postgres, self._nats, *self._gateways, *self._workers]

    async def start(self) -> None:
        """Return when every process is ready; raise an OperatorError when one cannot be started."""
        await self._clear_postgres()
        await ensure_database(self._prepared.engine, self._prepared.database_password, self._progress)
        await self._postgres.start()
        await self._nats.start()
        await self._set_up()
        await _start_together([*self._gateways, *self._workers])

    async def watch(self) -> None:
        """Keep every process alive; never returns, unless keeping one fails by a fault of ours."""
        await asyncio.gather(*(child.watch() for child in self._children))

    async def stop(self) -> None:
        """Stop everything, gateways first, and return when every process is gone."""
        await self._stop_together("gateways", self._gateways)
        await self._stop_together("workers", self._workers)
        await self._stop_together("nats", [self._nats])
        await self._stop_together("postgres", [self._postgres])
        await self._clear_postgres()  # its own processes outlive it for a moment when it was killed
        self._prepared.machine.places.state.unlink(missing_ok=True)

    def kill(self) -> None:
        """End every process at once."""
        for child in self._children:
            child.kill()

    def _make_child(self, process: Process) -> Child:
        engine = self._prepared.engine
        is_postgres = process.role == "postgres"
        recipe = Recipe(
            process=process,
            command=engine.launcher.wrap(
                process.argv, process.stop_signal, engine.account.flags if is_postgres else ()
            ),
            probe=self._choose_probe(process),
            prepare=self._clear_postgres if is_postgres else _need_nothing,
            grace=GRACE[process.role],
        )
        return Child(recipe, self._progress, self._record)

    def _choose_probe(self, process: Process) -> Probe:
        if process.ready_url is None:
            return probe_postgres(self._prepared.machine.places.postgres)
        return probe_http(self._session, process.ready_url)

    async def _clear_postgres(self) -> None:
        await end_stale_postgres(self._prepared.machine.places.postgres, self._progress)

    async def _set_up(self) -> None:
        setup, launcher = self._prepared.topology.setup, self._prepared.engine.launcher
        begin = time.monotonic()
        self._progress.step("setup", "bringing the database and the streams up to date")
        async with reminding(self._progress, "setup", lambda: "migrations and streams"):
            outcome = await run_logged(launcher.wrap(setup.argv, setup.stop_signal), setup.log)
        if outcome.code:
            raise explain_failed_start(setup, Ending(code=outcome.code))
        self._progress.done("setup", f"done after {time.monotonic() - begin:.1f} s")

    async def _stop_together(self, name: str, children: list[Child]) -> None:
        running = any(child.life.pid for child in children)
        if running:
            self._progress.step(name, "stopping")
        async with reminding(self._progress, name, lambda: "requests and clients that are still being served"):
            await asyncio.gather(*(child.stop() for child in children))
        if running:
            self._progress.done(name, "stopped")

    def _record(self) -> None:
        machine = self._prepared.machine
        lives = [child.life for child in self._children]
        write_state(machine.places.state, render_state(self._prepared.name, machine, lives))


async def _start_together(children: Iterable[Child]) -> None:
    """Start all; the first that cannot be started ends the start of the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for child in children:
                group.create_task(child.start())
    except ExceptionGroup as failures:
        # Not `except*`: before Python 3.11.4 what it raises stays wrapped in a group
        known, unknown = failures.split(OperatorError)
        if known is None or unknown is not None:
            raise
        raise known.exceptions[0] from None


async def _need_nothing() -> None:
    """Most processes need no preparation."""
