"""Emits: sent to all gateways, shown by each to its sockets, and acknowledged."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from notifications.app.board import Board
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.emit import Audience, Echo, Emit, Scope
from notifications.domain.errors import NotFound
from notifications.domain.limits import EMIT_BATCH, EMIT_PAUSE, MAX_EMIT_SOCKETS
from notifications.domain.notification import UserKey
from notifications.domain.topics import room_topic
from notifications.ports.emit import Answer, EmitBus
from notifications.ports.socket import Socket
from notifications.ports.telemetry import Telemetry

LOCAL = "local"
"""What the gateway that is asked is called."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the gateways have said: those that answered, and those that are alive and did not in time."""

    echoes: tuple[Echo, ...]
    missing: tuple[str, ...]


def find_sockets(hub: Hub, board: Board, audience: Audience) -> list[Socket]:
    """Return the sockets of an audience that were greeted, of this moment."""
    if audience.scope is Scope.ROOM:
        return board.sockets(room_topic(audience.tenant, audience.name))
    if audience.scope is Scope.USER:
        sessions: Iterable[Session] = hub.of(UserKey(audience.tenant, audience.name))
    else:
        sessions = (session for session in hub.sessions() if session.principal.owner.tenant == audience.tenant)
    return [session.socket for session in sessions if session.connected_at is not None]


class Stage:
    """Shows emits to the sockets of a gateway: EMIT_BATCH at a time with EMIT_PAUSE between, to MAX_EMIT_SOCKETS."""

    def __init__(self, gateway: str, find: Callable[[Audience], list[Socket]], telemetry: Telemetry) -> None:
        self._gateway = gateway
        self._find = find
        self._telemetry = telemetry

    async def show(self, emit: Emit) -> Echo:
        """Return when it was written to the last socket."""
        loop = asyncio.get_running_loop()
        begun, sockets, delivered = loop.time(), self._find(emit.audience), 0
        for first in range(0, min(len(sockets), MAX_EMIT_SOCKETS), EMIT_BATCH):
            if first:
                await asyncio.sleep(EMIT_PAUSE)
            batch = sockets[first : min(first + EMIT_BATCH, MAX_EMIT_SOCKETS)]
            delivered += sum(socket.send(emit.event, emit.body) for socket in batch)
        self._telemetry.broadcast(loop.time() - begun)
        return Echo(self._gateway, delivered, len(sockets) - delivered)


class Emitter:
    """Has emits shown here and elsewhere. A gateway answers when it has written to all its sockets."""

    def __init__(self, gateway: str, stage: Stage, bus: EmitBus, fleet: Fleet, tasks: Tasks) -> None:
        self._gateway = gateway
        self._stage = stage
        self._bus = bus
        self._fleet = fleet
        self._tasks = tasks
        bus.listen(self._hear)

    async def emit(self, emit: Emit) -> Heard:
        """Show an emit wherever its audience is. Raises NotFound for a gateway that is not alive, and Unavailable.

        That somebody does not answer is told, and no error: it may have shown it all the same.
        """
        gateways = self._fleet.alive()
        audience = emit.audience
        if audience.scope is Scope.SERVER:
            if audience.name in (LOCAL, self._gateway):
                return Heard((await self._stage.show(emit),), ())
            if audience.name not in gateways:
                raise NotFound("there is no such gateway: it is named by the id that `connected` tells as serverId")
            gateways = frozenset((audience.name,))
        echoes = await self._bus.send(emit, gateways)
        return Heard(echoes, _find_missing(gateways, echoes))

    def _hear(self, emit: Emit, answer: Answer) -> None:
        if emit.audience.scope is Scope.SERVER and emit.audience.name != self._gateway:
            return
        self._tasks.start(self._show(emit, answer), "show an emit")

    async def _show(self, emit: Emit, answer: Answer) -> None:
        answer(await self._stage.show(emit))


def _find_missing(gateways: Iterable[str], echoes: tuple[Echo, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(gateways) - {echo.gateway for echo in echoes}))
