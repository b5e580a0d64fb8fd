"""What users and tenants wish for."""
# ruff: noqa: S608 - statements are put together from the constants below; values are always arguments

from collections.abc import Container, Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from notifications.adapters.postgres.pool import Connection, Pool, Record
from notifications.domain.errors import Invalid
from notifications.domain.jobs import Channel
from notifications.domain.local_time import find_zone
from notifications.domain.notification import UserKey
from notifications.domain.preferences import (
    EVERY_TYPE,
    UNSAID,
    UTC,
    Entry,
    Frequency,
    Preference,
    QuietHours,
    Wishes,
    choose,
)
from notifications.domain.submission import Submission

COLUMNS: Final = "notification_type, channel, enabled, frequency, quiet_hours_start, quiet_hours_end, time_zone"
OWN: Final = f"""
SELECT {COLUMNS}
FROM notification_preferences
WHERE tenant = $1 AND user_id = $2
ORDER BY notification_type, channel
"""
DEFAULTS: Final = f"SELECT {COLUMNS} FROM preference_defaults WHERE tenant = $1 ORDER BY notification_type, channel"

GIVEN: Final = "unnest($2::text[], $3::text[], $4::bool[], $5::text[], $6::time[], $7::time[], $8::text[])"
CHANGED: Final = """
DO UPDATE SET (enabled, frequency, quiet_hours_start, quiet_hours_end, time_zone) =
    (excluded.enabled, excluded.frequency, excluded.quiet_hours_start, excluded.quiet_hours_end, excluded.time_zone)
"""
# In one order, so that two who set the same entries wait for each other instead of for ever
PREFER: Final = f"""
INSERT INTO notification_preferences (tenant, user_id, {COLUMNS})
SELECT $1, $9, given.* FROM {GIVEN} AS given({COLUMNS})
ORDER BY notification_type, channel
ON CONFLICT (tenant, user_id, notification_type, channel) {CHANGED}
"""
SET_DEFAULTS: Final = f"""
INSERT INTO preference_defaults (tenant, {COLUMNS})
SELECT $1, given.* FROM {GIVEN} AS given({COLUMNS})
ORDER BY notification_type, channel
ON CONFLICT (tenant, notification_type, channel) {CHANGED}
"""

# `user_id` is null in the rows of tenants. OFFSET 0: one look at the index for each user, whatever the planner thinks
# of a table whose statistics lag behind.
WISHES: Final = f"""
WITH asked AS (
    SELECT DISTINCT tenant, user_id FROM unnest($1::text[], $2::text[]) AS a(tenant, user_id)
)
SELECT asked.tenant, asked.user_id, {COLUMNS}
FROM asked
CROSS JOIN LATERAL (
    SELECT {COLUMNS}
    FROM notification_preferences p
    WHERE p.tenant = asked.tenant AND p.user_id = asked.user_id AND p.notification_type = ANY($4)
        AND p.channel = ANY($3)
    OFFSET 0
) wished
UNION ALL
SELECT tenant, NULL, {COLUMNS}
FROM preference_defaults
WHERE tenant = ANY($1) AND channel = ANY($3) AND notification_type = ANY($4)
"""


class PostgresPreferences:
    """The PreferenceStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def preferences(self, owner: UserKey) -> tuple[Entry, ...]:
        """Return a user's own entries."""
        return tuple(map(_entry, await self._pool.read(OWN, owner.tenant, owner.user)))

    async def prefer(self, owner: UserKey, entries: Sequence[Entry]) -> None:
        """Set these entries of a user."""
        columns = _columns(entries)
        await self._pool.write(lambda connection: connection.execute(PREFER, owner.tenant, *columns, owner.user))

    async def defaults(self, tenant: str) -> tuple[Entry, ...]:
        """Return a tenant's entries."""
        return tuple(map(_entry, await self._pool.read(DEFAULTS, tenant)))

    async def set_defaults(self, tenant: str, entries: Sequence[Entry]) -> None:
        """Set these entries of a tenant."""
        columns = _columns(entries)
        await self._pool.write(lambda connection: connection.execute(SET_DEFAULTS, tenant, *columns))


class CopyWishes:
    """What was wished for the copies of some submissions, read at once; `muted` are users who muted their room."""

    def __init__(self, rows: Iterable[Record], muted: Container[str] = ()) -> None:
        self._muted = muted
        self._known: dict[tuple[str, str | None, str], dict[str, Preference]] = {}
        for row in rows:
            whose = row["tenant"], row["user_id"], row["channel"]
            self._known.setdefault(whose, {})[row["notification_type"]] = _preference(row)

    @classmethod
    async def read(
        cls, connection: Connection, submissions: Sequence[Submission], muted: Container[str] = ()
    ) -> "CopyWishes":
        """Read what concerns these submissions."""
        tenants = [submission.tenant for submission in submissions for _ in submission.copies]
        users = [copy.user for submission in submissions for copy in submission.copies]
        types = [*{submission.message.type for submission in submissions}, EVERY_TYPE]
        return cls(await connection.fetch(WISHES, tenants, users, list(Channel), types), muted)

    def find(self, submission: Submission, user: str, channel: Channel) -> Wishes:
        """Return what concerns one copy on one channel."""
        if not self._known and user not in self._muted:
            return UNSAID
        tenant, type_ = submission.tenant, submission.message.type
        own, defaults = self._known.get((tenant, user, channel), {}), self._known.get((tenant, None, channel), {})
        return Wishes(choose(own, type_), choose(defaults, type_), user in self._muted)


def _columns(entries: Sequence[Entry]) -> list[Sequence[Any]]:
    """Return GIVEN: one value an entry in each; PostgreSQL sets no row twice, so the last of a type and channel."""
    last = {(entry.type, entry.channel): entry for entry in entries}.values()
    rows = [(entry.type, entry.channel, *_values(entry.preference)) for entry in last]
    return list(zip(*rows, strict=True)) if rows else [()] * 7


def _values(preference: Preference) -> tuple[Any, ...]:
    quiet = preference.quiet_hours
    hours = (quiet.start, quiet.end) if quiet else (None, None)
    return preference.enabled, preference.frequency, *hours, preference.zone.key


def _entry(row: Record) -> Entry:
    return Entry(row["notification_type"], Channel(row["channel"]), _preference(row))


def _preference(row: Record) -> Preference:
    zone, start = _zone(row["time_zone"]), row["quiet_hours_start"]
    quiet = None if start is None else QuietHours(start, row["quiet_hours_end"], zone)
    return Preference(row["enabled"], Frequency(row["frequency"]), quiet, zone)


def _zone(name: str) -> ZoneInfo:
    """Zones are renamed now and then: one that this machine does not know must not keep anybody from being notified."""
    try:
        return find_zone(name)
    except Invalid:
        return UTC
