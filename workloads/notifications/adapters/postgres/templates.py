"""What tenants made of their mails and push messages."""

import json
from collections.abc import Sequence
from typing import Final

from notifications.adapters.postgres.pool import Pool, Record
from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_TEMPLATES
from notifications.domain.template import Template, TemplateName
from notifications.ports.template import Listed

# OFFSET 0: one look at the index for each name, whatever the planner thinks of a small table
FIND: Final = """
SELECT type, channel, locale, parts
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS wanted(type, channel, locale, place)
CROSS JOIN LATERAL (
    SELECT parts
    FROM templates t
    WHERE t.tenant = $1 AND t.type = wanted.type AND t.channel = wanted.channel AND t.locale = wanted.locale
    OFFSET 0
) found
ORDER BY place
LIMIT 1
"""
LIST: Final = "SELECT type, channel, locale, updated_at FROM templates WHERE tenant = $1 ORDER BY type, channel, locale"
# Those who save at the same time may come to a few more than are allowed, which does no harm
SAVE: Final = """
INSERT INTO templates (tenant, type, channel, locale, parts, updated_at)
SELECT $1, $2, $3, $4, $5::jsonb, now()
WHERE (SELECT count(*) FROM templates WHERE tenant = $1 AND (type, channel, locale) <> ($2, $3, $4)) < $6
ON CONFLICT (tenant, type, channel, locale) DO UPDATE
SET (parts, updated_at) = (excluded.parts, excluded.updated_at)
RETURNING true
"""
REMOVE: Final = "DELETE FROM templates WHERE (tenant, type, channel, locale) = ($1, $2, $3, $4) RETURNING true"


class PostgresTemplates:
    """The TemplateStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, tenant: str, names: Sequence[TemplateName]) -> Template | None:
        """Return the first of these that the tenant has."""
        columns = zip(*((name.type, name.channel, name.locale) for name in names), strict=True)
        rows = await self._pool.read(FIND, tenant, *map(list, columns))
        return Template(_name(rows[0]), json.loads(rows[0]["parts"])) if rows else None

    async def list(self, tenant: str) -> tuple[Listed, ...]:
        """Return all of a tenant."""
        return tuple(Listed(_name(row), row["updated_at"]) for row in await self._pool.read(LIST, tenant))

    async def save(self, tenant: str, template: Template) -> None:
        """Keep a template in the place of what had its name."""
        values = (*_key(tenant, template.name), json.dumps(dict(template.parts)), MAX_TEMPLATES)
        if not await self._pool.write(lambda connection: connection.fetchval(SAVE, *values)):
            raise TooLarge(f"the tenant has {MAX_TEMPLATES} templates already: delete one that is not used")

    async def remove(self, tenant: str, name: TemplateName) -> None:
        """Forget a template."""
        if not await self._pool.write(lambda connection: connection.fetchval(REMOVE, *_key(tenant, name))):
            raise NotFound("there is no such template")


def _key(tenant: str, name: TemplateName) -> tuple[str, str, str, str]:
    return tenant, name.type, name.channel, name.locale


def _name(row: Record) -> TemplateName:
    return TemplateName(row["type"], Channel(row["channel"]), row["locale"])
