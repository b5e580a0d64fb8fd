"""The record of truth as a contract test sees it: the three ports, a clock that it may turn, and what no port shows."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import asyncpg

from notifications.adapters.memory.contacts import MemoryContacts
from notifications.adapters.memory.dead_letters import MemoryDeadLetters
from notifications.adapters.memory.quotas import MemoryQuotas
from notifications.adapters.memory.requests import MemoryRequests
from notifications.adapters.memory.revocations import MemoryRevocations
from notifications.adapters.memory.rooms import MemoryRoomRequests, MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.postgres.contacts import PostgresContacts
from notifications.adapters.postgres.dead_letters import PostgresDeadLetters
from notifications.adapters.postgres.devices import PostgresDevices
from notifications.adapters.postgres.digests import PostgresDigests
from notifications.adapters.postgres.held import PostgresHeld
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.preferences import PostgresPreferences
from notifications.adapters.postgres.quotas import PostgresQuotas
from notifications.adapters.postgres.requests import PostgresRequests
from notifications.adapters.postgres.revocations import PostgresRevocations
from notifications.adapters.postgres.room_requests import PostgresRoomRequests
from notifications.adapters.postgres.rooms import PostgresRooms
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.adapters.postgres.templates import PostgresTemplates
from notifications.domain.ids import RANDOM_BITS, uuid7
from notifications.domain.jobs import Job
from notifications.domain.notification import Message, UserKey
from notifications.domain.submission import Accepted, Conflict, Copy, Submission
from notifications.ports.contact import ContactStore, DeviceStore
from notifications.ports.dead_letter import DeadLetterStore
from notifications.ports.digest import DigestStore
from notifications.ports.quota import QuotaStore
from notifications.ports.revocation import RevocationStore
from notifications.ports.rooms import RoomRequestStore, RoomStore
from notifications.ports.store import HeldStore, InboxStore, OutboxStore, PreferenceStore, RequestStore, SubmissionStore
from notifications.ports.template import TemplateStore

TENANT = "acme"
HELLO = Message("greeting", "Hello")

# In front of pg_catalog, so that the statements under test ask this clock for the time
TURNABLE_CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.turned (seconds float NOT NULL);
INSERT INTO clock.turned VALUES (0);
CREATE FUNCTION clock.now() RETURNS timestamptz STABLE LANGUAGE sql
    AS 'SELECT pg_catalog.now() + make_interval(secs => seconds) FROM clock.turned';
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = clock, pg_catalog, public', current_database());
END $$;
"""

EMPTY = """
TRUNCATE notifications, inbox_heads, inbox_changes, idempotency_keys, outbox, deliveries, dead_letters;
TRUNCATE notification_preferences, preference_defaults, digests, digest_items, room_members, room_mutes, room_requests;
TRUNCATE contacts, devices, templates, quotas;
TRUNCATE revocations;
UPDATE revocation_head SET version = 0;
DELETE FROM epochs WHERE name = 'stream';
UPDATE clock.turned SET seconds = 0;
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the delivery log."""

    state: str
    reason: str | None


class Stores(Protocol):
    """One record of truth behind its ports."""

    submissions: SubmissionStore
    held: HeldStore
    preferences: PreferenceStore
    requests: RequestStore
    rooms: RoomStore
    room_requests: RoomRequestStore
    inbox: InboxStore
    outbox: OutboxStore
    contacts: ContactStore
    devices: DeviceStore
    digests: DigestStore
    templates: TemplateStore
    revocations: RevocationStore
    quotas: QuotaStore
    dead_letters: DeadLetterStore

    def now(self) -> datetime: ...

    async def later(self, seconds: float) -> None: ...

    async def delivered_at(self, id: UUID) -> datetime | None: ...

    async def logged(self, job: Job) -> Logged | None: ...

    async def dead_letter(self, job: Job) -> str | None: ...

    async def raise_floor(self, owner: UserKey, floor: int) -> None: ...


class MemoryStores:
    """All in memory, at a fixed time."""

    def __init__(self) -> None:
        self._now = datetime(2026, 2, 28, 12, 30, 15, 123000, tzinfo=UTC)
        self._store = MemoryStore(self.now)
        self.submissions: SubmissionStore = self._store
        self.held: HeldStore = self._store
        self.preferences: PreferenceStore = self._store.preferences
        self.requests: RequestStore = MemoryRequests(self._store, self.now)
        self.rooms: RoomStore = MemoryRooms(self._store, self.now)
        self.room_requests: RoomRequestStore = MemoryRoomRequests(self._store, self.now)
        self.inbox: InboxStore = self._store
        self.outbox: OutboxStore = self._store.outbox
        devices = self._store.devices
        self.contacts: ContactStore = MemoryContacts(devices)
        self.devices: DeviceStore = devices
        self.digests: DigestStore = self._store.digests
        self.templates: TemplateStore = MemoryTemplates(self.now)
        self.revocations: RevocationStore = MemoryRevocations(self.now)
        self.quotas: QuotaStore = MemoryQuotas(self.now)
        self.dead_letters: DeadLetterStore = MemoryDeadLetters(self._store, self.now)

    def now(self) -> datetime:
        return self._now

    async def later(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def delivered_at(self, id: UUID) -> datetime | None:
        return self._store.delivered_at.get(id)

    async def logged(self, job: Job) -> Logged | None:
        outcome = self._store.outbox.deliveries.get((job.notification, job.channel))
        return None if outcome is None else Logged(outcome.state, outcome.reason)

    async def dead_letter(self, job: Job) -> str | None:
        outcome = self._store.outbox.dead_letters.get((job.notification, job.channel))
        return None if outcome is None else outcome.reason

    async def raise_floor(self, owner: UserKey, floor: int) -> None:
        self._store.inboxes[owner].floor = floor


class PostgresStores:
    """A database with a clock that can be turned."""

    def __init__(self, pool: Pool, own: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._own = own
        self._turned = timedelta(0)
        self.submissions: SubmissionStore = PostgresSubmissions(pool)
        self.held: HeldStore = PostgresHeld(pool)
        self.preferences: PreferenceStore = PostgresPreferences(pool)
        self.requests: RequestStore = PostgresRequests(pool)
        self.rooms: RoomStore = PostgresRooms(pool)
        self.room_requests: RoomRequestStore = PostgresRoomRequests(pool)
        self.inbox: InboxStore = PostgresInbox(pool)
        self.outbox: OutboxStore = PostgresOutbox(pool)
        self.contacts: ContactStore = PostgresContacts(pool)
        self.devices: DeviceStore = PostgresDevices(pool)
        self.digests: DigestStore = PostgresDigests(pool)
        self.templates: TemplateStore = PostgresTemplates(pool)
        self.revocations: RevocationStore = PostgresRevocations(pool)
        self.quotas: QuotaStore = PostgresQuotas(pool)
        self.dead_letters: DeadLetterStore = PostgresDeadLetters(pool)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._turned

    async def later(self, seconds: float) -> None:
        self._turned += timedelta(seconds=seconds)
        await self._own.execute("UPDATE clock.turned SET seconds = seconds + $1", seconds)

    async def delivered_at(self, id: UUID) -> datetime | None:
        at: datetime | None = await self._own.fetchval("SELECT delivered_at FROM notifications WHERE id = $1", id)
        return at

    async def logged(self, job: Job) -> Logged | None:
        query = "SELECT state, reason FROM deliveries WHERE (notification_id, channel) = ($1, $2)"
        row = await self._own.fetchrow(query, job.notification, job.channel)
        return None if row is None else Logged(row["state"], row["reason"])

    async def dead_letter(self, job: Job) -> str | None:
        query = "SELECT reason FROM dead_letters WHERE (notification_id, channel) = ($1, $2)"
        reason: str | None = await self._own.fetchval(query, job.notification, job.channel)
        return reason

    async def raise_floor(self, owner: UserKey, floor: int) -> None:
        query = "UPDATE inbox_heads SET floor = $3 WHERE (tenant, recipient) = ($1, $2)"
        await self._own.execute(query, owner.tenant, owner.user, floor)


class Producer:
    """Writes submissions and hands them in."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._random = random.Random(7)

    def write(
        self, *users: str, key: str | None = None, body: bytes = b"{}", tenant: str = TENANT, message: Message = HELLO
    ) -> Submission:
        at = self._stores.now()
        copies = tuple(Copy(self.make_id(at), user) for user in users)
        return Submission(self.make_id(at), tenant, at, message, copies, body, key)

    def write_for(self, seconds: float, *users: str, message: Message = HELLO) -> Submission:
        """Write what is to be shown in so many seconds."""
        submission = self.write(*users, message=message)
        return replace(submission, send_at=submission.created_at + timedelta(seconds=seconds))

    def write_to(self, room: str, key: str | None = None, body: bytes = b"{}", message: Message = HELLO) -> Submission:
        """Write to a room."""
        return replace(self.write(key=key, body=body, message=message), room=room)

    async def send(self, *users: str, tenant: str = TENANT, message: Message = HELLO) -> list[UUID]:
        """Have a submission accepted and return the ids of its copies."""
        submission = self.write(*users, tenant=tenant, message=message)
        return [placed.id for placed in accepted(await self._stores.submissions.accept([submission]))[0].placed]

    async def send_for(self, seconds: float, *users: str) -> list[UUID]:
        """Send what expires after so many seconds."""
        expires_at = self._stores.now() + timedelta(seconds=seconds)
        return await self.send(*users, message=Message("greeting", "Soon gone", expires_at=expires_at))

    def make_id(self, at: datetime) -> UUID:
        """Make an id for a moment."""
        return uuid7(at, self._random.getrandbits(RANDOM_BITS))


def owner(user: str, tenant: str = TENANT) -> UserKey:
    return UserKey(tenant, user)


def accepted(answers: list[Accepted | Conflict]) -> list[Accepted]:
    assert all(isinstance(answer, Accepted) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Accepted)]
