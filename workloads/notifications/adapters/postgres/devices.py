"""Devices. A user's are registered one after the other, so that their number is kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.domain.errors import NotFound
from notifications.domain.ids import time_of
from notifications.domain.limits import MAX_DEVICES
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, DeviceKind, Subscription

# Kept until the end of the transaction
LOCK_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))"

TOUCH: Final = """
UPDATE devices
SET seen_at = now()
WHERE tenant = $1 AND user_id = $2 AND digest = $3 AND (p256dh, auth) IS NOT DISTINCT FROM ($4::bytea, $5::bytea)
RETURNING id
"""
# Whoever had the target until now loses it; other keys of a subscription make another device of it, too
REGISTER: Final = """
WITH surplus AS (
    DELETE FROM devices
    WHERE id = ANY(ARRAY(
        SELECT id
        FROM devices
        WHERE tenant = $1 AND user_id = $2 AND digest <> $3
        ORDER BY seen_at DESC, id DESC
        OFFSET $10
    ))
)
INSERT INTO devices (tenant, user_id, digest, p256dh, auth, target, kind, id, created_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())
ON CONFLICT (tenant, digest) DO UPDATE
SET (id, user_id, p256dh, auth, created_at, seen_at) =
    (excluded.id, excluded.user_id, excluded.p256dh, excluded.auth, excluded.created_at, excluded.seen_at)
"""
OWN: Final = """
SELECT id, kind, target, p256dh, auth
FROM devices
WHERE tenant = $1 AND user_id = $2
ORDER BY seen_at DESC, id DESC
"""
REMOVE: Final = "DELETE FROM devices WHERE id = $1 AND tenant = $2 AND user_id = $3 RETURNING id"
FORGET: Final = "DELETE FROM devices WHERE id = ANY($1)"


class PostgresDevices:
    """The DeviceStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def register(self, device: Device) -> Device:
        """Keep a device as just seen."""
        return replace(device, id=await self._pool.write(lambda connection: _register(connection, device)))

    async def devices(self, owner: UserKey) -> tuple[Device, ...]:
        """Return a user's devices."""
        return tuple(_device(row, owner) for row in await self._pool.read(OWN, owner.tenant, owner.user))

    async def remove(self, owner: UserKey, id: UUID) -> None:
        """Delete one of a user's devices."""
        if not await self._pool.write(lambda connection: connection.fetch(REMOVE, id, owner.tenant, owner.user)):
            raise NotFound("you have no such device")

    async def forget(self, ids: Sequence[UUID]) -> None:
        """Delete devices whose tokens are dead."""
        await self._pool.write(lambda connection: connection.execute(FORGET, ids))


async def _register(connection: Connection, device: Device) -> UUID:
    target, *keys = _split(device.target)
    digest = hashlib.sha256(f"{device.kind} {target}".encode()).digest()
    owned = (device.owner.tenant, device.owner.user, digest, *keys)
    async with connection.transaction():
        await connection.execute(LOCK_OWNER, device.owner.tenant, device.owner.user)
        known: UUID | None = await connection.fetchval(TOUCH, *owned)
        if known is None:
            fresh = (target, device.kind, device.id, time_of(device.id))
            await connection.execute(REGISTER, *owned, *fresh, MAX_DEVICES - 1)
    return known or device.id


def _split(target: str | Subscription) -> tuple[str, bytes | None, bytes | None]:
    if isinstance(target, Subscription):
        return target.endpoint, target.p256dh, target.auth
    return target, None, None


def _device(row: Record, owner: UserKey) -> Device:
    target = row["target"] if row["auth"] is None else Subscription(row["target"], row["p256dh"], row["auth"])
    return Device(row["id"], owner, DeviceKind(row["kind"]), target)
