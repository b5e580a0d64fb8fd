"""Contact cards."""

from typing import Final

from notifications.adapters.postgres.pool import Connection, Pool
from notifications.domain.contact import Contact
from notifications.domain.notification import UserKey

CARD: Final = "SELECT email, name, locale, webhook FROM contacts WHERE tenant = $1 AND user_id = $2"
SET_CARD: Final = """
INSERT INTO contacts (tenant, user_id, email, name, locale, webhook, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, now())
ON CONFLICT (tenant, user_id) DO UPDATE
SET (email, name, locale, webhook, updated_at) =
    (excluded.email, excluded.name, excluded.locale, excluded.webhook, excluded.updated_at)
"""
FORGET: Final = """
WITH devices AS (DELETE FROM devices WHERE tenant = $1 AND user_id = $2)
DELETE FROM contacts WHERE tenant = $1 AND user_id = $2
"""


class PostgresContacts:
    """The ContactStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def card(self, owner: UserKey) -> Contact | None:
        """Return a user's card."""
        rows = await self._pool.read(CARD, owner.tenant, owner.user)
        return Contact(**rows[0]) if rows else None

    async def set_card(self, owner: UserKey, contact: Contact) -> None:
        """Put a card in the place of the one before."""
        columns = (contact.email, contact.name, contact.locale, contact.webhook)
        await self._pool.write(lambda connection: connection.execute(SET_CARD, owner.tenant, owner.user, *columns))

    async def forget(self, owner: UserKey) -> None:
        """Delete a user's card and devices."""

        async def forget(connection: Connection) -> None:
            await connection.execute(FORGET, owner.tenant, owner.user)

        await self._pool.write(forget)
