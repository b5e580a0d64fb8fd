"""A room with more members than a request reaches, and chunks that are cut off by the end of their connections."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.requests import PostgresRequests
from notifications.adapters.postgres.room_requests import PostgresRoomRequests
from notifications.app.expand import Expander
from notifications.clock import make_id
from notifications.domain.errors import Unavailable
from notifications.domain.limits import CHUNK_PAUSE, MAX_ROOM_MEMBERS, ROOM_CHUNK
from notifications.domain.rooms import RoomRequest, RoomState
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.simulation.silence import Silence

ROOM = "post:1"
FILL = "INSERT INTO room_members SELECT $1, $2, 'user-' || n, now() FROM generate_series(1, $3::int) n"
COPIES = "SELECT count(*) AS copies, count(DISTINCT recipient_id) AS users, max(seq) AS highest FROM notifications"
SHOWN = "SELECT count(*) AS shown FROM notifications WHERE cancelled_at IS NULL"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


async def submit(pool: Pool, members: int) -> UUID:
    await pool.write(lambda connection: connection.execute(FILL, TENANT, ROOM, members))
    submission = replace(write_submission(at=datetime.now(UTC)), room=ROOM)
    return (await PostgresRoomRequests(pool).accept(submission)).id  # type: ignore[union-attr]


async def expand_whole(pool: Pool, id: UUID, chunk: int = ROOM_CHUNK) -> RoomRequest:
    """Expand until it is done; what fails is tried again, as a worker does."""
    requests = PostgresRoomRequests(pool)
    expander = Expander(requests, lambda jobs: None, Silence(), make_id, PostgresOutbox(pool), chunk=chunk)
    while True:
        try:
            await expander.expand()
            request = await requests.find(TENANT, ROOM, id)
            if request.state is not RoomState.ACCEPTED:
                return request
        except Unavailable:
            continue
        await asyncio.sleep(CHUNK_PAUSE)


async def test_the_first_ten_thousand_get_it_and_all_of_it_can_be_taken_back(pool: Pool) -> None:
    id = await submit(pool, MAX_ROOM_MEMBERS + 1)

    request = await expand_whole(pool, id)

    assert (request.state, request.members) == (RoomState.TRUNCATED, MAX_ROOM_MEMBERS)
    assert [tuple(row) for row in await pool.read(COPIES)] == [(MAX_ROOM_MEMBERS, MAX_ROOM_MEMBERS, 1)]
    assert len(await PostgresRequests(pool).cancel(TENANT, id)) == MAX_ROOM_MEMBERS
    assert [row["shown"] for row in await pool.read(SHOWN)] == [0]


async def test_connections_that_end_in_the_middle_of_chunks_lose_and_repeat_nothing(pool: Pool) -> None:
    chance = Random(5)
    id = await submit(pool, 300)
    expanding = asyncio.create_task(expand_whole(pool, id, chunk=5))
    cuts = 0
    while cuts < 5 and not expanding.done():
        cuts += len(await pool.read(CUT))
        await asyncio.sleep(chance.uniform(0.0, CHUNK_PAUSE / 10))

    request = await asyncio.wait_for(expanding, 60)

    assert (request.state, request.members) == (RoomState.EXPANDED, 300)
    assert [tuple(row) for row in await pool.read(COPIES)] == [(300, 300, 1)]
    assert cuts > 0
