"""Who is in a room, and who has muted it."""

from collections.abc import Sequence
from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.domain.errors import TooLarge
from notifications.domain.limits import MAX_MUTES
from notifications.domain.notification import UserKey
from notifications.domain.rooms import Member, Seat, full, size_of

JOIN: Final = """
INSERT INTO room_members (tenant, room, user_id, joined_at) VALUES ($1, $2, $3, now())
ON CONFLICT (tenant, room, user_id) DO NOTHING
RETURNING true
"""
# Kept until the end of the transaction: those who join a room of limited size are counted one after the other
LOCK_ROOM: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 1))"
IS_OVER: Final = "SELECT EXISTS (SELECT FROM room_members WHERE tenant = $1 AND room = $2 OFFSET $3)"
LEAVE: Final = "DELETE FROM room_members WHERE tenant = $1 AND room = $2 AND user_id = $3"
ARE_MEMBERS: Final = """
SELECT EXISTS (
    SELECT FROM room_members m WHERE m.tenant = seat.tenant AND m.room = seat.room AND m.user_id = seat.user_id
) AS taken
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS seat(tenant, room, user_id, n)
ORDER BY n
"""
MEMBERS: Final = """
SELECT user_id, joined_at
FROM room_members
WHERE tenant = $1 AND room = $2 AND user_id > $3
ORDER BY user_id
LIMIT $4
"""

# Two at once may go one beyond the limit, which is there to bound what is stored, not to be exact
MUTE: Final = """
WITH muted AS (
    SELECT count(*) < $4 OR bool_or(room = $3) AS fits FROM room_mutes WHERE tenant = $1 AND user_id = $2
), added AS (
    INSERT INTO room_mutes (tenant, user_id, room, muted_at)
    SELECT $1, $2, $3, now() FROM muted WHERE fits
    ON CONFLICT (tenant, user_id, room) DO NOTHING
)
SELECT fits FROM muted
"""
UNMUTE: Final = "DELETE FROM room_mutes WHERE tenant = $1 AND user_id = $2 AND room = $3"
MUTED: Final = "SELECT user_id FROM room_mutes WHERE tenant = $1 AND user_id = ANY($2) AND room = $3"


class PostgresRooms:
    """The RoomStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def join(self, tenant: str, room: str, user: str) -> None:
        """Make somebody a member from now on."""
        await self._pool.write(lambda connection: _join(connection, tenant, room, user))

    async def leave(self, tenant: str, room: str, user: str) -> None:
        """End a membership."""
        await self._pool.write(lambda connection: connection.execute(LEAVE, tenant, room, user))

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        """Return for each seat whether it is taken."""
        asked = ([seat.tenant for seat in seats], [seat.room for seat in seats], [seat.user for seat in seats])
        return [row["taken"] for row in await self._pool.read(ARE_MEMBERS, *asked)]

    async def members(self, tenant: str, room: str, after: str, limit: int) -> tuple[Member, ...]:
        """Return members whose ids come after `after`."""
        rows = await self._pool.read(MEMBERS, tenant, room, after, limit)
        return tuple(Member(row["user_id"], row["joined_at"]) for row in rows)

    async def mute(self, owner: UserKey, room: str) -> None:
        """Keep what comes through a room from a user."""
        muting = (owner.tenant, owner.user, room, MAX_MUTES)
        if not await self._pool.write(lambda connection: connection.fetchval(MUTE, *muting)):
            raise TooLarge(f"{MAX_MUTES} rooms are muted already: unmute one first")

    async def unmute(self, owner: UserKey, room: str) -> None:
        """Let it through again."""
        await self._pool.write(lambda connection: connection.execute(UNMUTE, owner.tenant, owner.user, room))


async def _join(connection: Connection, tenant: str, room: str, user: str) -> None:
    most = size_of(room)
    async with connection.transaction():
        if most is not None:
            await connection.execute(LOCK_ROOM, tenant, room)
        is_new = await connection.fetchval(JOIN, tenant, room, user)
        if is_new and most is not None and await connection.fetchval(IS_OVER, tenant, room, most):
            raise full(room, most)
