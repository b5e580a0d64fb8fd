"""Requests to rooms. A row is locked before any inbox head, here and by those who take a request back."""

from dataclasses import replace
from typing import Final
from uuid import UUID

import msgspec

from notifications.adapters.postgres.partitions import write_dated
from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.adapters.postgres.preferences import CopyWishes
from notifications.adapters.postgres.rooms import MUTED
from notifications.adapters.postgres.submissions import ACCEPT, arguments, placed
from notifications.domain.errors import CommitUnknown, NotFound, Unavailable
from notifications.domain.limits import CHUNK_PAUSE, EXPAND_AFTER_FAILURE, IDEMPOTENCY_KEPT, MAX_ROOM_MEMBERS
from notifications.domain.preferences import DEFAULT_DIGEST, DigestHour
from notifications.domain.rooms import Chunk, RoomRequest, RoomState, state_after
from notifications.domain.submission import Accepted, Conflict, Copy, Placed, Submission
from notifications.ports.clock import MakeId

# As ACCEPT claims a key, whose twin waits here for the commit of the first
ACCEPT_ROOM: Final = """
WITH claimed AS (
    INSERT INTO idempotency_keys AS stored (tenant, key, fingerprint, request_id, created_at)
    SELECT $2, $4, $5, $1, $6
    WHERE $4::text IS NOT NULL
    ON CONFLICT (tenant, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = excluded.created_at
    WHERE stored.created_at < now() - make_interval(secs => $7)
    RETURNING request_id
)
INSERT INTO room_requests (id, tenant, room, submission, accepted_at, next_at)
SELECT $1, $2, $3, $8, now(), now()
WHERE $4 IS NULL OR EXISTS (SELECT FROM claimed)
RETURNING id
"""
REPLAY: Final = "SELECT fingerprint, request_id FROM idempotency_keys WHERE tenant = $1 AND key = $2"
FIND: Final = "SELECT id, room, state, members FROM room_requests WHERE id = $1 AND tenant = $2 AND room = $3"
DUE: Final = "SELECT id FROM room_requests WHERE state = 'accepted' AND next_at <= now() ORDER BY next_at LIMIT $1"
LOCK: Final = """
SELECT tenant, room, submission, accepted_at, last_member, members, now() AS now,
    state = 'accepted' AND next_at <= now() AS is_due
FROM room_requests
WHERE id = $1
FOR UPDATE SKIP LOCKED
"""
NEXT_MEMBERS: Final = """
SELECT user_id
FROM room_members
WHERE tenant = $1 AND room = $2 AND user_id > $3 AND joined_at <= $4
ORDER BY user_id
LIMIT $5
"""
ADVANCE: Final = """
UPDATE room_requests
SET last_member = $2, members = $3, state = $4, next_at = now() + make_interval(secs => $5)
WHERE id = $1
"""
POSTPONE: Final = "UPDATE room_requests SET next_at = now() + make_interval(secs => $2) WHERE id = $1"


class PostgresRoomRequests:
    """The RoomRequestStore."""

    def __init__(self, pool: Pool, digest: DigestHour = DEFAULT_DIGEST) -> None:
        self._pool = pool
        self._digest = digest

    async def accept(self, submission: Submission) -> Accepted | Conflict:
        """Commit one."""
        stored = await self._pool.write(lambda connection: connection.fetchval(ACCEPT_ROOM, *_arguments(submission)))
        return Accepted(submission.id, ()) if stored else await self._replay(submission)

    async def find(self, tenant: str, room: str, id: UUID) -> RoomRequest:
        """Return how far one is."""
        rows = await self._pool.read(FIND, id, tenant, room)
        if not rows:
            raise NotFound("there is no such request to this room")
        (row,) = rows
        return RoomRequest(row["id"], row["room"], RoomState(row["state"]), row["members"])

    async def due(self, limit: int) -> list[UUID]:
        """Return those that have members to come."""
        return [row["id"] for row in await self._pool.read(DUE, limit)]

    async def expand(self, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        """Give the next members their copies, and record it."""

        async def expand(connection: Connection) -> Chunk | None:
            async with connection.transaction():
                request = await connection.fetchrow(LOCK, id)
                if request is None or not request["is_due"]:
                    return None
                return await self._expand(connection, request, limit, make_id)

        return await write_dated(self._pool, expand)

    async def postpone(self, id: UUID) -> None:
        """Let one rest for EXPAND_AFTER_FAILURE."""
        await self._pool.write(lambda connection: connection.execute(POSTPONE, id, EXPAND_AFTER_FAILURE))

    async def _replay(self, submission: Submission) -> Accepted | Conflict:
        """Answer by what is stored, in a statement of its own that sees what the twin has committed meanwhile."""
        try:
            (stored,) = await self._pool.read(REPLAY, submission.tenant, submission.key)
        except Unavailable as error:
            raise CommitUnknown("committed, but the stored answer could not be read") from error
        if stored["fingerprint"] != submission.fingerprint:
            return Conflict()
        return Accepted(stored["request_id"], (), replayed=stored["request_id"] != submission.id)

    async def _expand(self, connection: Connection, request: Record, limit: int, make_id: MakeId) -> Chunk:
        most = min(limit, MAX_ROOM_MEMBERS - request["members"])
        room = (request["tenant"], request["room"])
        found = await connection.fetch(NEXT_MEMBERS, *room, request["last_member"], request["accepted_at"], most + 1)
        users = [row["user_id"] for row in found[:most]]
        reached = request["members"] + len(users)
        state = state_after(reached, more=len(found) > most)
        submission = _chunk(request, users, make_id)
        copies = await self._place(connection, submission, users) if users else ()
        last = users[-1] if users else request["last_member"]
        await connection.execute(ADVANCE, submission.id, last, reached, state, CHUNK_PAUSE)
        return Chunk(submission, copies, state)

    async def _place(self, connection: Connection, submission: Submission, users: list[str]) -> tuple[Placed, ...]:
        rows = await connection.fetch(MUTED, submission.tenant, users, submission.room)
        muted = frozenset(row["user_id"] for row in rows)
        wishes = await CopyWishes.read(connection, [submission], muted)
        return tuple(map(placed, await connection.fetch(ACCEPT, *arguments([submission], wishes, self._digest))))


def _arguments(submission: Submission) -> tuple[object, ...]:
    """Return the arguments of ACCEPT_ROOM. What a later release adds to a submission is kept with the rest of it."""
    bare = replace(submission, key=None, fingerprint=b"")
    return (
        submission.id,
        submission.tenant,
        submission.room,
        submission.key,
        submission.fingerprint,
        submission.created_at,
        float(IDEMPOTENCY_KEPT),
        msgspec.json.encode(bare).decode(),
    )


def _chunk(request: Record, users: list[str], make_id: MakeId) -> Submission:
    submission = msgspec.json.decode(request["submission"], type=Submission)
    copies = tuple(Copy(make_id(submission.created_at), user) for user in users)
    return replace(submission, copies=copies, expanded_at=request["now"])
