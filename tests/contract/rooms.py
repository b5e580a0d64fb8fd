"""A room, filled and written to, in any record of truth."""

from uuid import UUID

from notifications.domain.limits import CHUNK_PAUSE
from notifications.domain.rooms import Chunk, RoomState
from notifications.domain.submission import Submission
from tests.contract.stores import TENANT, Producer, Stores, accepted, owner

ROOM = "group:7"


async def fill(stores: Stores, *users: str, room: str = ROOM) -> None:
    for user in users:
        await stores.rooms.join(TENANT, room, user)


async def hand_in(stores: Stores, submission: Submission) -> UUID:
    return accepted([await stores.room_requests.accept(submission)])[0].id


async def expand(stores: Stores, producer: Producer, id: UUID, limit: int = 1_000) -> Chunk:
    """Expand the next chunk, which must be due."""
    chunk = await stores.room_requests.expand(id, limit, producer.make_id)
    assert chunk is not None
    return chunk


async def expand_whole(stores: Stores, producer: Producer, id: UUID, limit: int = 1_000) -> list[Chunk]:
    """Expand all chunks."""
    chunks = [await expand(stores, producer, id, limit)]
    while chunks[-1].state is RoomState.ACCEPTED:
        await stores.later(CHUNK_PAUSE)
        chunks.append(await expand(stores, producer, id, limit))
    return chunks


async def state_of(stores: Stores, id: UUID) -> tuple[RoomState, int]:
    request = await stores.room_requests.find(TENANT, ROOM, id)
    return request.state, request.members


async def shown(stores: Stores, user: str) -> list[str]:
    page = await stores.inbox.pending(owner(user), 100)
    return [notification.message.content for notification in page.notifications]


def users_of(chunk: Chunk) -> list[str]:
    return [copy.user for copy in chunk.placed]
