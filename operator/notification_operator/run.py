"""One replica of the operator from its first line to its last: wait to lead, watch and reconcile, release the lease."""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from uuid import uuid4

import kopf

from . import names
from .blueprint import Blueprint
from .custom_resource import Key
from .election import DEFAULT_TERMS, Candidate, Elector, Terms
from .errors import LeadershipLost
from .handlers import Listener, Login, make_registry
from .hearing import Hearing
from .images import VERSION
from .kubernetes import REQUEST_TIMEOUT, Api, Client, load_access, open_client
from .management import Address, serve_management
from .metrics import Metrics, Reading
from .queue import DEFAULT_PACE, Pace, WorkQueue
from .reconcile import Reconciler
from .served_namespaces import POLL, ServedNamespaces
from .settings import LONGEST_SILENCE, make_settings

UNWATCH_TIMEOUT: Final = 0.5  # kopf drops its watches at once, and then waits for tasks that are not its own

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for, and the pace; no `namespaces` are all of them."""

    namespaces: tuple[str, ...]
    lease_namespace: str
    management: Address
    blueprint: Blueprint
    terms: Terms = DEFAULT_TERMS
    pace: Pace = DEFAULT_PACE
    longest_silence: float = LONGEST_SILENCE
    poll: float = POLL


async def run_operator(options: Options) -> None:
    """Run until a signal asks to stop; raise an OperatorError when there is no cluster or the port is taken."""
    identity = f"{socket.gethostname()}_{uuid4().hex[:8]}"
    agent = f"{names.OPERATOR}/{VERSION} ({identity})"
    access = await load_access()
    metrics, asked = Metrics(), asyncio.Event()
    async with open_client(access, agent) as client:
        replica = Replica(client, options, Identity(identity, agent), metrics)
        async with serve_management(options.management, replica, metrics):
            _listen_to_signals(asked)
            await replica.run(asked)


@dataclass(frozen=True, slots=True)
class Identity:
    """How this process is called in the lease, and in the User-Agent of its requests."""

    name: str
    agent: str


class Replica:
    """Its parts, and how it is doing."""

    def __init__(self, client: Client, options: Options, identity: Identity, metrics: Metrics) -> None:
        self._options = options
        self._agent = identity.agent
        self._hearing = Hearing()
        candidate = Candidate(options.lease_namespace, names.OPERATOR, identity.name)
        self._elector = Elector(Api(client, lambda: REQUEST_TIMEOUT, metrics.count_request), candidate, options.terms)
        self._api = Api(client, self._elector.bound_write, metrics.count_request)
        self._reconciler = Reconciler(self._api, options.blueprint, self._hearing)
        self._namespaces = ServedNamespaces(self._api, options.namespaces, options.poll)
        self._metrics = metrics
        self._queue: WorkQueue[Key] = WorkQueue(self._reconcile, options.pace)

    def read(self) -> Reading:
        """Return how it is doing now."""
        return Reading(
            leads=self._elector.leads,
            clusters=len(self._queue.list_keys()),
            queue_lag=self._queue.measure_lag(),
            queue_stall=self._queue.measure_stall(),
            watch_age=self._hearing.measure_age(time.monotonic()),
        )

    async def run(self, asked: asyncio.Event) -> None:
        """Lead as soon as possible, and until `asked` to stop; never return when another may lead."""
        if await _until(asked, self._elector.acquire()):
            return
        keeping = asyncio.create_task(self._elector.keep())
        leading = asyncio.create_task(self._lead(asked))
        await asyncio.wait({keeping, leading}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done() and not keeping.cancelled() and isinstance(lost := keeping.exception(), LeadershipLost):
            abandon(lost)
        keeping.cancel()
        await asyncio.wait({keeping})
        await self._elector.release()
        leading.result()

    async def _lead(self, asked: asyncio.Event) -> None:
        if await _until(asked, self._namespaces.await_any()):
            return
        working = asyncio.create_task(self._queue.run())
        try:
            await self._watch(asked)
        finally:
            working.cancel()
            await asyncio.wait({working})

    async def _watch(self, asked: asyncio.Event) -> None:
        """Have kopf watch until `asked` to stop, until it ends by itself, or until other namespaces can be served."""
        ready, stop, login = asyncio.Event(), asyncio.Event(), Login(self._agent)
        watching = asyncio.create_task(
            kopf.operator(
                registry=make_registry(Listener(self._queue, self._hearing), login),
                settings=make_settings(self._options.longest_silence),
                clusterwide=not self._options.namespaces,
                namespaces=self._namespaces.served,
                stop_flag=stop,
                ready_flag=ready,
            )
        )
        hearing_signals = asyncio.create_task(_listen_again(ready, asked))
        changing = asyncio.create_task(_until(asked, self._namespaces.await_change()))
        await asyncio.wait({watching, changing}, return_when=asyncio.FIRST_COMPLETED)
        first = changing if changing.done() else watching
        stop.set()
        hearing_signals.cancel()
        changing.cancel()
        await asyncio.wait({watching}, timeout=UNWATCH_TIMEOUT)
        await login.close()
        if not asked.is_set():  # else it only reads: whatever of it is left ends with the process
            first.result()

    async def _reconcile(self, key: Key) -> float | None:
        with self._metrics.measure_pass():
            return await self._reconciler.reconcile(key)


def abandon(lost: LeadershipLost) -> NoReturn:
    """End the process at once: whatever it still has in hand must not be written any more."""
    _log.critical("%s; this process ends", lost)
    logging.shutdown()
    os._exit(1)


async def _until(asked: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work`, but stop when asked to; tell whether that was so."""
    working, asking = asyncio.create_task(work), asyncio.create_task(asked.wait())
    await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
        return True
    working.result()
    return asked.is_set()


async def _listen_again(ready: asyncio.Event, asked: asyncio.Event) -> None:
    """Take the signals back from kopf, which takes them when it starts."""
    await ready.wait()
    _listen_to_signals(asked)


def _listen_to_signals(asked: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
