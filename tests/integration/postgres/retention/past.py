"""Months of long ago, and what retention makes of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.partitions import months_from
from notifications.adapters.postgres.pool import Connection, Pool
from notifications.adapters.postgres.retention import Retention, find_months
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.domain.errors import Resync
from notifications.domain.notification import UserKey
from notifications.domain.submission import Accepted
from tests.integration.postgres.submissions import TENANT, write_submission

NOW = datetime.now(UTC)
THIS_MONTH = months_from(NOW, 1)[0]
LAST_MONTH = months_from(THIS_MONTH.begins - timedelta(days=1), 1)[0]
OLD_MONTH = months_from(LAST_MONTH.begins - timedelta(days=1), 1)[0]
OLDER_MONTH = months_from(OLD_MONTH.begins - timedelta(days=1), 1)[0]
# Everything before last month is too old
CUTOFF = LAST_MONTH.begins
DAYS = (NOW - CUTOFF).days
ALICE, BOB, CAROL = (UserKey(TENANT, name) for name in ("alice", "bob", "carol"))
SETTLED = "DELETE FROM outbox"


async def send(pool: Pool, *users: str, at: datetime = NOW) -> list[UUID]:
    (accepted,) = await PostgresSubmissions(pool).accept([write_submission(*users, at=at)])
    assert isinstance(accepted, Accepted)
    return [placed.id for placed in accepted.placed]


async def numbers_from_the_floor(pool: Pool, owner: UserKey) -> list[int]:
    """What a device at the floor is shown; one below it must be refused."""
    inbox = PostgresInbox(pool)
    floor = (await inbox.head(owner)).floor
    for below in range(floor):
        with pytest.raises(Resync):
            await inbox.read(owner, below, 100)
    return [event.seq for event in (await inbox.read(owner, floor, 100)).events]


async def months(connection: Connection) -> dict[str, str]:
    return {found.month.name: found.state for found in await find_months(connection)}


def retention(database: str, days: int = DAYS) -> Retention:
    return Retention(lambda: database, days)
