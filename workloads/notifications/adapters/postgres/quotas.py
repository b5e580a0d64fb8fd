"""How often users did what is counted: one row for each user and deed, whose lock is what makes the count exact."""

from typing import Final

from notifications.adapters.postgres.pool import Pool
from notifications.domain.limits import QUOTA_WINDOW
from notifications.domain.notification import UserKey
from notifications.domain.quota import Quota

# Who waited for the row counts as of now or of the last deed, whichever is later: the times never go back. Granted is
# what comes when the $4th last deed lies a window back
SPEND: Final = """
INSERT INTO quotas AS q (tenant, user_id, deed, spent, granted, last_at)
VALUES ($1, $2, $3, ARRAY[now()], true, now())
ON CONFLICT (tenant, user_id, deed) DO UPDATE
SET (spent, granted, last_at) = (
    SELECT
        CASE WHEN has_room THEN q.spent[greatest(deeds - $4 + 2, 1):] || at ELSE q.spent END,
        has_room,
        CASE WHEN has_room THEN at ELSE q.last_at END
    FROM (
        SELECT at, deeds, deeds < $4 OR q.spent[deeds - $4 + 1] <= at - make_interval(secs => $5) AS has_room
        FROM (SELECT greatest(now(), q.last_at) AS at, cardinality(q.spent) AS deeds) AS known
    ) AS judged
)
RETURNING CASE
    WHEN granted THEN 0
    ELSE extract(epoch FROM spent[cardinality(spent) - $4 + 1] - now()) + $5
END::float8
"""

FORGET: Final = """
DELETE FROM quotas
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM quotas WHERE last_at < now() - make_interval(secs => $1)
    ORDER BY last_at LIMIT $2
    FOR UPDATE SKIP LOCKED
))
"""
BATCH: Final = 1_000


class PostgresQuotas:
    """The QuotaStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def spend(self, owner: UserKey, quota: Quota) -> float:
        """Count a deed, or return the seconds until it would be granted."""
        arguments = (owner.tenant, owner.user, quota.deed, quota.most, QUOTA_WINDOW)
        wait: float = await self._pool.write(lambda connection: connection.fetchval(SPEND, *arguments))
        return wait

    async def forget(self) -> int:
        """Delete what counts no more."""
        deleted: str = await self._pool.write(lambda connection: connection.execute(FORGET, QUOTA_WINDOW, BATCH))
        return int(deleted.split()[1])
