"""A device whose cursor lies in a month that was dropped is told so, and shown everything that is left."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from notifications.adapters.postgres.partitions import ensure_partitions
from notifications.adapters.postgres.pool import Pool, open_pool
from notifications.adapters.postgres.retention import Retention
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.cursor import Cursor, decode, encode
from notifications.domain.ids import RANDOM_BITS, uuid7
from notifications.domain.notification import Message
from notifications.domain.submission import Copy, Submission
from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.stack import Stack
from tests.support.waiting import eventually

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)
OPEN = "SELECT 1 FROM outbox WHERE recipient = $1"


@pytest.fixture
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    pool = await open_pool(stack.database, 1, 2)
    yield pool
    await pool.close()


@pytest.fixture
async def past(stack: Stack, pool: Pool, act: Act, alice: str) -> str:
    """Alice's cursor from before she had anything: then three long ago, of which she read one, and two today."""
    cursor = (await act(alice).list()).body["cursor"]
    connection = await asyncpg.connect(stack.database)
    await ensure_partitions(connection, LONG_AGO)
    await connection.close()
    for number in range(3):
        message = Message("message", f"old {number}")
        copy = Copy(uuid7(LONG_AGO, secrets.randbits(RANDOM_BITS)), alice)
        request = uuid7(LONG_AGO, secrets.randbits(RANDOM_BITS))
        await PostgresSubmissions(pool).accept([Submission(request, "default", LONG_AGO, message, (copy,), b"")])
    await eventually(lambda: settled(pool, alice), what="the outcome of what was sent long ago", within=30)
    for number in range(2):
        await act("producer").notify(alice, content=f"new {number}")
    return str(cursor)


async def settled(pool: Pool, user: str) -> bool:
    return not await pool.read(OPEN, user)


async def at(act: Act, user: str, seq: int) -> str:
    """The cursor of a device that was shown everything up to a number."""
    return encode(Cursor(decode((await act(user).list()).body["cursor"]).inbox_epoch, seq))


async def enforce(stack: Stack) -> list[str]:
    return await Retention(lambda: stack.database, 300).enforce(datetime.now(UTC))


async def test_a_device_with_an_old_cursor_is_told_and_shown_what_is_left(
    stack: Stack, act: Act, alice: str, past: str
) -> None:
    assert f"notifications_{LONG_AGO:%Y_%m}" in await enforce(stack)
    async with join(stack.url, stack.token(alice), cursor=past) as device:
        assert await device.expect("notifications:resync") == [{"reason": "retention"}]
        (pending,) = await device.expect("notifications:pending")
        assert [shown["content"] for shown in pending["notifications"]] == ["new 1", "new 0"]
        assert pending["hasMore"] is False
        await act("producer").notify(alice, content="live")
        live, _ = await device.expect("notification")
    assert (live["content"], live["prev"], live["seq"]) == ("live", 5, 6)


async def test_a_device_that_has_seen_what_was_dropped_misses_nothing(
    stack: Stack, act: Act, alice: str, past: str
) -> None:
    await enforce(stack)
    async with join(stack.url, stack.token(alice), cursor=await at(act, alice, 3)) as device:
        await device.until(lambda: len(device.notifications) == 2, "what is left")
    assert [shown["content"] for shown in device.notifications] == ["new 0", "new 1"]
    assert next(event[1] for event in device.events if event[0] == "connected")["recovered"] is True


async def test_a_connected_device_notices_nothing(stack: Stack, act: Act, alice: str, past: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await device.expect("notifications:pending")
        await enforce(stack)
        await act("producer").notify(alice, content="live")
        live, _ = await device.expect("notification")
        assert (live["prev"], live["seq"]) == (5, 6)
    assert "notifications:resync" not in [event[0] for event in device.events]


async def test_rest_tells_the_same(stack: Stack, act: Act, alice: str, past: str) -> None:
    await enforce(stack)
    refused = await act(alice).list(after=past)
    assert (refused.status, refused.body["code"]) == (410, "RESYNC")
    page = (await act(alice).list()).body
    assert [shown["content"] for shown in page["notifications"]] == ["new 1", "new 0"]
    async with join(stack.url, stack.token(alice), cursor=page["cursor"]) as device:
        everything = await device.call("notifications:sync", {"since": "0001-01-01T00:00:00Z"})
    assert [shown["content"] for shown in everything["notifications"]] == ["new 0", "new 1"]
