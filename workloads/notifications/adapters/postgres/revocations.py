"""Which tokens are revoked. Whoever changes it locks the head first, so that versions commit in order."""

from typing import Final
from uuid import UUID

from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.limits import LIFTED_KEPT, MAX_REVOCATIONS
from notifications.domain.revocation import REMEMBERED, Claim, Revocation, Ruling, Target

COUNT_UP: Final = "UPDATE revocation_head SET version = version + 1 RETURNING version"

# The order is that of an index, without which a large tenant would be looked for in the whole table
IS_FULL: Final = """
SELECT count(*) >= $4
FROM (
    SELECT FROM revocations
    WHERE tenant = $1 AND (claim, value) <> ($2, $3) AND lifted_at IS NULL
    ORDER BY id
    LIMIT $4
) AS others
"""

# What was taken back begins anew: whoever repeats its deletion must not meet its successor
REVOKE: Final = """
INSERT INTO revocations AS known (tenant, claim, value, id, at, version) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, claim, value) DO UPDATE
SET id = CASE WHEN known.lifted_at IS NULL THEN known.id ELSE excluded.id END,
    at = greatest(known.at, excluded.at),
    lifted_at = NULL,
    version = excluded.version
RETURNING tenant, claim, value, id, at
"""

LIFT: Final = """
UPDATE revocations SET lifted_at = now(), version = $3 WHERE tenant = $1 AND id = $2 AND lifted_at IS NULL RETURNING id
"""

NEWEST: Final = """
SELECT tenant, claim, value, id, at
FROM revocations
WHERE tenant = $1 AND id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND lifted_at IS NULL
ORDER BY id DESC
LIMIT $3
"""

RULINGS: Final = """
SELECT version, tenant, claim, value, id, at, lifted_at IS NULL AS holds
FROM revocations
WHERE version > $1
ORDER BY version
LIMIT $2
"""

LOCK_HEAD: Final = "SELECT version FROM revocation_head FOR UPDATE"

# Nobody moves a row meanwhile, for the head is locked
FORGET: Final = """
DELETE FROM revocations
WHERE ctid = ANY(ARRAY(
    (SELECT ctid FROM revocations WHERE at < now() - $1::interval ORDER BY at LIMIT $3)
    UNION ALL
    (SELECT ctid FROM revocations WHERE lifted_at < now() - make_interval(secs => $2) ORDER BY lifted_at LIMIT $3)
))
"""
BATCH: Final = 1_000


class PostgresRevocations:
    """The RevocationStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def revoke(self, revocation: Revocation) -> Revocation:
        """Write it down and return what holds."""
        return await self._pool.write(lambda connection: _revoke(connection, revocation))

    async def lift(self, tenant: str, id: UUID) -> None:
        """Take one back."""
        await self._pool.write(lambda connection: _lift(connection, tenant, id))

    async def revocations(self, tenant: str, before: UUID | None, limit: int) -> tuple[Revocation, ...]:
        """Return at most `limit` of a tenant, newest first."""
        return tuple(map(_revocation, await self._pool.read(NEWEST, tenant, before, limit)))

    async def rulings(self, after: int, limit: int) -> tuple[Ruling, ...]:
        """Return at most `limit` changes after a version."""
        rows = await self._pool.read(RULINGS, after, limit)
        return tuple(Ruling(row["version"], _revocation(row), row["holds"]) for row in rows)

    async def forget(self) -> int:
        """Delete some that matter no more."""
        return await self._pool.write(_forget)


async def _revoke(connection: Connection, revocation: Revocation) -> Revocation:
    key = (revocation.target.tenant, revocation.target.claim, revocation.target.value)
    async with connection.transaction():
        version = await connection.fetchval(COUNT_UP)
        if await connection.fetchval(IS_FULL, *key, MAX_REVOCATIONS):
            raise TooLarge(f"the tenant holds {MAX_REVOCATIONS} revocations: take some back")
        (row,) = await connection.fetch(REVOKE, *key, revocation.id, revocation.at, version)
    return _revocation(row)


async def _lift(connection: Connection, tenant: str, id: UUID) -> None:
    async with connection.transaction():
        version = await connection.fetchval(COUNT_UP)
        if not await connection.fetch(LIFT, tenant, id, version):
            raise NotFound("there is no such revocation")


async def _forget(connection: Connection) -> int:
    async with connection.transaction():
        await connection.fetchval(LOCK_HEAD)
        deleted: str = await connection.execute(FORGET, REMEMBERED, LIFTED_KEPT, BATCH)
    return int(deleted.split()[1])


def _revocation(row: Record) -> Revocation:
    return Revocation(row["id"], Target(row["tenant"], Claim(row["claim"]), row["value"]), row["at"])
