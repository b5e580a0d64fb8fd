"""Members of rooms as a gateway asks for them through the network."""

from collections.abc import Sequence

from notifications.adapters.memory.rooms import MemoryRooms
from notifications.domain.rooms import Seat
from tests.simulation.life import Life
from tests.simulation.wire import Call


class RemoteMembers(MemoryRooms):
    """RoomStore over a wire, as far as access to topics asks."""

    def __init__(self, life: Life) -> None:
        super().__init__(life.around.servers.store, life.around.servers.now)
        self._life = life

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        call = Call(self._life.around.servers.database, "are_members")
        return await self._life.wire.call(call, lambda: super(RemoteMembers, self).are_members(seats))
