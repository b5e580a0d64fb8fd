"""A month stays as long as anything in it is not done."""

from datetime import datetime, timedelta

import pytest

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.retention import drop_months
from notifications.domain.ids import uuid7
from tests.integration.postgres.retention.past import CUTOFF, NOW, OLD_MONTH, OLDER_MONTH, SETTLED, send
from tests.integration.postgres.submissions import TENANT


async def expect_kept(connection: Connection, let_go: str) -> None:
    """The month stays, with all that is read in it, until the statement was run."""
    assert await drop_months(connection, CUTOFF) == [OLDER_MONTH.name]
    assert await connection.fetchval("SELECT max(floor) FROM inbox_heads") == 3
    await connection.execute(let_go)
    assert await drop_months(connection, CUTOFF) == [OLD_MONTH.name]


async def test_a_month_with_an_unsettled_job_stays(filled: Pool, connection: Connection) -> None:
    await send(filled, "bob", at=OLD_MONTH.ends - timedelta(seconds=1))
    await expect_kept(connection, SETTLED)


@pytest.mark.parametrize("days_to_release", [-300, 5])
async def test_a_month_with_something_held_stays(filled: Pool, connection: Connection, days_to_release: int) -> None:
    await hold(connection, NOW + timedelta(days=days_to_release), None)
    await expect_kept(connection, "UPDATE notifications SET cancelled_at = now() WHERE release_at IS NOT NULL")


async def test_what_was_held_is_kept_from_the_moment_when_it_was_shown(filled: Pool, connection: Connection) -> None:
    await hold(connection, CUTOFF + timedelta(seconds=1), 10)
    await expect_kept(connection, "UPDATE notifications SET release_at = release_at - interval '1 day'")


async def hold(connection: Connection, release_at: datetime, seq: int | None) -> None:
    query = """
        INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, type, content, created_at,
            release_at, seq)
        VALUES ($1, $2, 'bob', $1, 1, 'greeting', 'Hello', $3, $4, $5)
    """
    await connection.execute(query, uuid7(OLD_MONTH.begins, 7), TENANT, OLD_MONTH.begins, release_at, seq)


async def test_a_month_with_items_of_a_digest_to_come_stays(filled: Pool, connection: Connection) -> None:
    await add_digest(connection, item_at=OLD_MONTH.begins)
    await expect_kept(connection, SETTLED)


async def test_a_month_with_a_request_to_a_room_that_goes_on_stays(filled: Pool, connection: Connection) -> None:
    await add_room_request(connection, OLD_MONTH.begins, "accepted")
    await expect_kept(connection, "UPDATE room_requests SET state = 'expanded'")


async def add_digest(connection: Connection, item_at: datetime) -> None:
    """One that was opened today, with an item of another month."""
    id = uuid7(NOW, 1)
    await connection.execute("INSERT INTO digests VALUES ($1, $2, 'bob', 'email', 'daily', $3, $3)", id, TENANT, NOW)
    await connection.execute("INSERT INTO digest_items VALUES ($1, $2, $3)", id, uuid7(item_at, 2), item_at)
    query = """
        INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, digest)
        VALUES ($1, 'email', $2, 'bob', 'low', $3, true)
    """
    await connection.execute(query, id, TENANT, NOW)


async def add_room_request(connection: Connection, at: datetime, state: str) -> None:
    query = "INSERT INTO room_requests VALUES ($1, $2, 'post:1', '{}', $3, $4, '', 0, $3)"
    await connection.execute(query, uuid7(at, 3), TENANT, at, state)
