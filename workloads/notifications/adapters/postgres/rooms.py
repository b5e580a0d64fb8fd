"""Who is in a room, and who has muted it."""

from typing import Final

from notifications.adapters.postgres.pool import Pool
from notifications.domain.errors import TooLarge
from notifications.domain.limits import MAX_MUTES
from notifications.domain.notification import UserKey
from notifications.domain.rooms import Member

JOIN: Final = """
INSERT INTO room_members (tenant, room, user_id, joined_at) VALUES ($1, $2, $3, now())
ON CONFLICT (tenant, room, user_id) DO NOTHING
"""
LEAVE: Final = "DELETE FROM room_members WHERE tenant = $1 AND room = $2 AND user_id = $3"
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
        await self._pool.write(lambda connection: connection.execute(JOIN, tenant, room, user))

    async def leave(self, tenant: str, room: str, user: str) -> None:
        """End a membership."""
        await self._pool.write(lambda connection: connection.execute(LEAVE, tenant, room, user))

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
