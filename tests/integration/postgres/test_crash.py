"""PostgreSQL is killed while it accepts: nothing that was acknowledged is missing, nothing is there twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import asyncpg
import pytest

from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.pool import Pool, open_pool
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.errors import CommitUnknown, Unavailable
from notifications.domain.notification import UserKey
from notifications.domain.submission import Accepted, Placed, Submission
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.postgres import Postgres, run_postgres
from tests.support.schema import create_inbox_database
from tests.support.waiting import eventually

USERS = [f"user-{n}" for n in range(7)]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server that the tests of this file may kill; each leaves it running."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def own_database(server: Postgres) -> str:
    """A database with our schema on it."""
    return create_inbox_database(server)


@pytest.fixture
async def pool(own_database: str) -> AsyncIterator[Pool]:
    """Connections that outlive the server."""
    pool = await open_pool(own_database, 2, 10)
    yield pool
    await pool.close()


@dataclass
class Gateway:
    """Accepts groups until it is told to stop, and keeps what became of each submission."""

    store: PostgresSubmissions
    acknowledged: dict[Submission, Accepted] = field(default_factory=dict)
    unknown: list[Submission] = field(default_factory=list)
    refused: list[Submission] = field(default_factory=list)
    stopping: bool = False

    async def serve(self, lane: int) -> None:
        number = 0
        while not self.stopping:
            group = [write_submission(*USERS, key=f"{lane}-{(number := number + 1)}") for _ in range(20)]
            await self.accept(group)

    async def accept(self, group: list[Submission]) -> None:
        try:
            answers = await self.store.accept(group)
        except CommitUnknown:
            self.unknown += group
        except Unavailable:
            self.refused += group
        else:
            accepted = {one: answer for one, answer in zip(group, answers, strict=True) if isinstance(answer, Accepted)}
            assert len(accepted) == len(group)
            self.acknowledged |= accepted

    async def more(self, count: int) -> None:
        """Return when so many more were acknowledged."""
        enough = len(self.acknowledged) + count
        await eventually(lambda: len(self.acknowledged) >= enough, within=30, what="enough acknowledgements")

    async def fails(self) -> None:
        """Return when one more group was not acknowledged."""
        before = len(self.unknown) + len(self.refused)
        await eventually(lambda: len(self.unknown) + len(self.refused) > before, what="a failure")


async def test_no_acknowledged_submission_is_missing_after_a_kill(server: Postgres, pool: Pool) -> None:
    gateway = Gateway(PostgresSubmissions(pool))
    lanes = [asyncio.create_task(gateway.serve(lane)) for lane in range(4)]
    for _ in range(3):
        await gateway.more(400)
        server.kill()
        await gateway.fails()
        server.start()
    gateway.stopping = True
    await asyncio.gather(*lanes)

    stored = await _stored(pool)
    for submission, answer in gateway.acknowledged.items():
        assert stored[submission.id] == set(answer.placed)
    known = {submission.id for submission in [*gateway.acknowledged, *gateway.unknown]}
    assert set(stored) <= known
    refused = {submission.id for submission in gateway.refused}
    assert not refused & set(stored)
    await _expect_whole_inboxes(pool, len(stored))


async def test_repeating_what_was_unknown_makes_each_exist_once(server: Postgres, pool: Pool) -> None:
    gateway = Gateway(PostgresSubmissions(pool))
    lanes = [asyncio.create_task(gateway.serve(lane)) for lane in range(4)]
    await gateway.more(400)
    server.kill()
    await gateway.fails()
    gateway.stopping = True
    await asyncio.gather(*lanes)
    server.start()
    await eventually(lambda: _answers(pool), what="an answer of the pool")

    for submission in [*gateway.unknown, *gateway.refused]:
        await gateway.accept([write_submission(*USERS, key=submission.key)])
    stored = await _stored(pool)
    keys = await pool.read("SELECT key FROM idempotency_keys")
    assert len(stored) == len(keys) == len({submission.key for submission in gateway.acknowledged})
    await _expect_whole_inboxes(pool, len(stored))


async def test_a_kill_during_the_statement_is_an_unknown_commit(
    server: Postgres, pool: Pool, own_database: str
) -> None:
    gateway = Gateway(PostgresSubmissions(pool))
    await gateway.accept([write_submission("alice")])
    holder = await asyncpg.connect(own_database)
    await holder.execute("BEGIN")
    await holder.execute("SELECT * FROM inbox_heads FOR UPDATE")
    waiting = asyncio.create_task(gateway.accept([write_submission("alice")]))
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await eventually(lambda: pool.read(query), what="a submission that waits for the head")
    server.kill()
    await waiting
    assert len(gateway.unknown) == 1
    server.start()
    await eventually(lambda: _answers(pool), what="an answer of the pool")
    assert (await PostgresInbox(pool).head(UserKey(TENANT, "alice"))).seq == 1


async def test_the_pool_heals_after_a_restart(server: Postgres, pool: Pool) -> None:
    inbox = PostgresInbox(pool)
    await asyncio.gather(*(inbox.head(UserKey(TENANT, user)) for user in USERS))
    server.stop()
    with pytest.raises(Unavailable):
        await inbox.head(UserKey(TENANT, "alice"))
    server.start()
    await eventually(lambda: _answers(pool), what="an answer of the pool")
    heads = await asyncio.gather(*(inbox.head(UserKey(TENANT, user)) for user in USERS * 3))
    assert {head.seq for head in heads} == {0}


async def _stored(pool: Pool) -> dict[object, set[Placed]]:
    """What is in the table, by request."""
    rows = await pool.read("SELECT request_id, id, recipient_id, seq FROM notifications")
    stored: dict[object, set[Placed]] = {}
    for row in rows:
        stored.setdefault(row["request_id"], set()).add(Placed(row["id"], row["recipient_id"], row["seq"]))
    return stored


async def _expect_whole_inboxes(pool: Pool, count: int) -> None:
    """Every inbox counts from 1 to its head without a hole, and every notification has its job."""
    rows = await pool.read(
        "SELECT recipient_id, array_agg(seq ORDER BY seq) AS numbers FROM notifications GROUP BY recipient_id"
    )
    assert {row["recipient_id"]: row["numbers"] for row in rows} == {user: list(range(1, count + 1)) for user in USERS}
    heads = await PostgresInbox(pool).heads([UserKey(TENANT, user) for user in USERS])
    assert {head.seq for head in heads.values()} == {count}
    (jobs,) = await pool.read("SELECT count(*) AS waiting FROM outbox")
    assert jobs["waiting"] == count * len(USERS)


async def _answers(pool: Pool) -> bool:
    try:
        return bool(await pool.read("SELECT 1"))
    except Unavailable:
        return False
