"""Requests to rooms as a process sees them through the network."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from notifications.adapters.memory.rooms import MemoryRoomRequests
from notifications.domain.rooms import Chunk, RoomRequest
from notifications.domain.submission import Accepted, Conflict, Submission
from notifications.ports.clock import MakeId
from tests.simulation.servers import Servers
from tests.simulation.wire import Call, Wire

T = TypeVar("T")


class RemoteRooms:
    """RoomRequestStore over a wire."""

    def __init__(self, wire: Wire, servers: Servers) -> None:
        self._wire = wire
        self._servers = servers

    async def accept(self, submission: Submission) -> Accepted | Conflict:
        return await self._ask("accept_room", lambda rooms: rooms.accept(submission), writes=True)

    async def find(self, tenant: str, room: str, id: UUID) -> RoomRequest:
        return await self._ask("find", lambda rooms: rooms.find(tenant, room, id))

    async def due(self, limit: int) -> list[UUID]:
        return await self._ask("due", lambda rooms: rooms.due(limit))

    async def expand(self, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        return await self._ask("expand", lambda rooms: rooms.expand(id, limit, make_id), writes=True)

    async def postpone(self, id: UUID) -> None:
        await self._ask("postpone", lambda rooms: rooms.postpone(id), writes=True)

    async def _ask(self, name: str, ask: Callable[[MemoryRoomRequests], Awaitable[T]], *, writes: bool = False) -> T:
        servers = self._servers
        call = Call(servers.database, name, writes=writes)
        return await self._wire.call(call, lambda: ask(MemoryRoomRequests(servers.store, servers.now)))
