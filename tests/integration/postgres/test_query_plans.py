"""What runs often finds its rows by an index, whether PostgreSQL plans with the arguments or without them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from notifications.adapters.postgres import (
    contacts,
    dead_letters,
    devices,
    held,
    inbox,
    outbox,
    preferences,
    quotas,
    requests,
    revocations,
    room_requests,
    rooms,
    submissions,
    templates,
)
from notifications.domain.ids import uuid7
from notifications.domain.jobs import LANES, Channel
from notifications.domain.limits import LIFTED_KEPT
from notifications.domain.preferences import DEFAULT_DIGEST
from notifications.domain.revocation import REMEMBERED
from tests.integration.postgres.submissions import TENANT, write_submission
from tests.support.postgres import Postgres
from tests.support.schema import create_inbox_database

NOW = datetime.now(UTC)
IDS = [uuid7(NOW, n) for n in range(10)]
ALICE = (TENANT, "user-1")
NEXT_TO_NOW = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
JOBS = (IDS, ["websocket"] * 10, [TENANT] * 10, ["user-1"] * 10, [0] * 10)
IN_LANES = [lane.queue for lane in LANES], [lane.channel for lane in LANES]
SETTLED = (["sent"] * 10, [None] * 10, [1] * 10, [False] * 10, [None] * 10, [10.0] * 10, [0] * 10, [None] * 10)

# Small by nature, or read whole on purpose
MAY_BE_SCANNED = {"epochs"}

# 60,000 notifications of 2,000 users over three months; a tenth unread, a tenth with a job, and 20,000 that are held
FILL = f"""
INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, seq, type, content, created_at, read_at)
SELECT gen_random_uuid(), '{TENANT}', 'user-' || n % 2000, gen_random_uuid(), 1, 1 + n / 2000, 'greeting', 'Hello',
    now() + n % 3 * interval '1 month', CASE WHEN n % 10 > 0 THEN now() END
FROM generate_series(0, 59999) n;
INSERT INTO inbox_heads SELECT '{TENANT}', 'user-' || n, 30 FROM generate_series(0, 1999) n;
INSERT INTO inbox_heads SELECT 'other', 'user-' || n, 30 FROM generate_series(0, 19999) n;
INSERT INTO inbox_changes SELECT '{TENANT}', 'user-' || n % 2000, 31 + n / 2000, 'readAll', NULL, 1, 0, now()
FROM generate_series(0, 19999) n;
INSERT INTO idempotency_keys SELECT '{TENANT}', 'key-' || n, '', gen_random_uuid(), now() - n * interval '9 s'
FROM generate_series(0, 19999) n;
INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, type, content, created_at, release_at)
SELECT gen_random_uuid(), '{TENANT}', 'user-' || n % 2000, gen_random_uuid(), 1, 'greeting', 'Hello',
    now() + n % 3 * interval '1 month', now() + (n - 100) * interval '1 minute'
FROM generate_series(0, 19999) n;
INSERT INTO notification_preferences (tenant, user_id, notification_type, channel)
SELECT '{TENANT}', 'user-' || n, 'greeting', 'websocket' FROM generate_series(0, 19999) n;
INSERT INTO preference_defaults (tenant, notification_type, channel)
SELECT 'tenant-' || n, 'greeting', 'websocket' FROM generate_series(0, 19999) n;
INSERT INTO deliveries (notification_id, channel, tenant, state, updated_at)
SELECT id, 'websocket', tenant, 'sent', now() FROM notifications WHERE read_at IS NOT NULL;
INSERT INTO outbox
SELECT id, 'websocket', tenant, recipient_id, 'normal', created_at, CASE WHEN seq % 30 > 0 THEN now() END
FROM notifications WHERE read_at IS NULL;
INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, died_at)
SELECT id, 'email', CASE WHEN n % 200 = 0 THEN tenant ELSE 'tenant-' || n % 200 END, recipient_id, 'normal', created_at,
    now() - n * interval '1 minute'
FROM (SELECT row_number() OVER (), * FROM notifications WHERE read_at IS NULL) unread(n);
INSERT INTO digests SELECT gen_random_uuid(), '{TENANT}', 'user-' || n, 'email', 'daily', now(), now()
FROM generate_series(0, 19999) n;
INSERT INTO contacts (tenant, user_id, email, updated_at)
SELECT '{TENANT}', 'user-' || n, 'user@example.com', now() FROM generate_series(0, 19999) n;
INSERT INTO devices (id, tenant, user_id, kind, digest, target, created_at, seen_at)
SELECT gen_random_uuid(), '{TENANT}', 'user-' || n % 10000, 'fcm', sha256(n::text::bytea), 'token', now(), now()
FROM generate_series(0, 19999) n;
INSERT INTO templates SELECT '{TENANT}-' || n % 1000, 'type-' || n, 'email', '', '{{}}', now()
FROM generate_series(0, 19999) n;
INSERT INTO room_members SELECT '{TENANT}', 'group:' || n % 20, 'user-' || n, now() FROM generate_series(0, 39999) n;
INSERT INTO room_mutes SELECT '{TENANT}', 'user-' || n, 'group:' || n % 20, now() FROM generate_series(0, 19999) n;
INSERT INTO room_requests (id, tenant, room, submission, accepted_at, state, next_at)
SELECT gen_random_uuid(), '{TENANT}', 'group:1', '{{}}', now(),
    CASE WHEN n % 100 > 0 THEN 'expanded' ELSE 'accepted' END, now() + n * interval '1 s'
FROM generate_series(0, 19999) n;
INSERT INTO revocations
SELECT 'tenant-' || n % 20, 'sub', 'user-' || n, gen_random_uuid(), now() - n * interval '1 hour',
    CASE WHEN n % 10 = 0 THEN now() - n * interval '1 minute' END, n + 1
FROM generate_series(0, 19999) n;
INSERT INTO quotas
SELECT '{TENANT}', 'user-' || n, 'broadcast', ARRAY[now()], true, now() - n * interval '1 s'
FROM generate_series(0, 19999) n;
VACUUM ANALYZE;
"""


@dataclass(frozen=True)
class Query:
    """A statement, arguments for it, and the indexes that it must use."""

    sql: str
    arguments: tuple[object, ...]
    indexes: frozenset[str]


def query(sql: str, arguments: tuple[object, ...], *indexes: str) -> Query:
    return Query(sql, arguments, frozenset(indexes))


def accept_arguments() -> tuple[object, ...]:
    group = [write_submission(f"user-{n}", key=f"new-{n}") for n in range(100)]
    return submissions.arguments(group, preferences.CopyWishes(()), DEFAULT_DIGEST)


INBOX, UNREAD, SINCE, HELD, RELEASED, BY_ID = (
    "tenant_recipient_id_seq_idx",
    "tenant_recipient_id_seq_idx1",
    "tenant_recipient_id_created_at_seq_idx",
    "_release_at_idx",
    "tenant_recipient_id_release_at_idx",
    "pkey",
)
HEADS, CHANGES = "inbox_heads_pkey", "inbox_changes_pkey"
WISHES, DEFAULTS = "notification_preferences_pkey", "preference_defaults_pkey"
MEMBERS, MUTES, ROOM_REQUESTS = "room_members_pkey", "room_mutes_pkey", "room_requests_pkey"
HUNDRED = ([TENANT] * 100, [f"user-{n}" for n in range(100)])
HUNDRED_OF_ONE = (TENANT, HUNDRED[1])
JOB, UNPUBLISHED, PUBLISHED = "outbox_pkey", "outbox_due_in_lane", "outbox_published_in_lane"
CARD, DEVICE, TARGET, DEVICES = "contacts_pkey", "devices_pkey", "devices_target", "devices_owner"
TOUCHED = (*ALICE, bytes(32), None, None)
TEMPLATES, TYPES, LOCALES = "templates_pkey", ["greeting", "*"] * 3, ["de-at", "de", ""] * 2
LETTERS, LETTER, DIGEST = "dead_letters_newest", "dead_letters_pkey", "digests_pkey"

QUERIES = {
    "accept": query(submissions.ACCEPT, accept_arguments(), HEADS, "idempotency_keys_pkey"),
    "replay": query(submissions.REPLAY, ([1], [TENANT], ["key-7"]), "idempotency_keys_pkey", "request_id_idx"),
    "head": query(inbox.HEAD, ALICE, HEADS),
    "wishes": query(preferences.WISHES, (*HUNDRED, list(Channel), ["greeting", "*"]), WISHES, DEFAULTS),
    "own preferences": query(preferences.OWN, ALICE, WISHES),
    "defaults": query(preferences.DEFAULTS, (TENANT,), DEFAULTS),
    "lock what is due": query(held.LOCK_HEADS, (500,), HELD, HEADS),
    "release": query(held.RELEASE, (*HUNDRED, 500, "websocket", held.QUEUES), HEADS, BY_ID),
    "heads": query(inbox.HEADS, HUNDRED, HEADS),
    "read": query(inbox.READ, (*ALICE, 20, 201), HEADS, CHANGES, INBOX),
    "pending": query(inbox.PENDING, (*ALICE, 51), HEADS, UNREAD),
    "listing": query(inbox.LISTING, (*ALICE, False, 0, 20), HEADS, INBOX),
    "seq before": query(inbox.SEQ_BEFORE, (*ALICE, NOW), HEADS, CHANGES, SINCE, RELEASED),
    "find to mark": query(inbox.FOUND, (*ALICE, IDS, *NEXT_TO_NOW)),
    "mark read": query(inbox.MARK["read_at"], (*ALICE, IDS, *NEXT_TO_NOW), UNREAD),
    "archive": query(inbox.MARK["archived_at"], (*ALICE, IDS, *NEXT_TO_NOW), UNREAD),
    "owners of a request": query(requests.OWNERS, (IDS[0], *NEXT_TO_NOW, TENANT), "request_id_idx"),
    "lock heads": query(requests.LOCK_HEADS, HUNDRED_OF_ONE, HEADS),
    "cancel": query(requests.CANCEL, (IDS[0], *NEXT_TO_NOW, TENANT), "request_id_idx"),
    "mark never shown": query(requests.NEVER_SHOWN, (IDS,), "deliveries_pkey"),
    "unread of many": query(requests.UNREAD, HUNDRED_OF_ONE, UNREAD),
    "log for many": query(requests.LOG, (TENANT, ["user-1"] * 10, IDS, [0] * 10), HEADS),
    "deliveries": query(requests.DELIVERIES, (IDS[0], *NEXT_TO_NOW, TENANT, None), BY_ID, "deliveries_pkey"),
    "join a room": query(rooms.JOIN, (TENANT, "group:1", "user-1"), MEMBERS),
    "leave a room": query(rooms.LEAVE, (TENANT, "group:1", "user-1"), MEMBERS),
    "members": query(rooms.MEMBERS, (TENANT, "group:1", "", 101), MEMBERS),
    "is a room over its size": query(rooms.IS_OVER, (TENANT, "group:1", 1_000), MEMBERS),
    "are members": query(rooms.ARE_MEMBERS, ([TENANT] * 2, ["group:1", "dm:1"], ["user-1", "user-2"]), MEMBERS),
    "mute": query(rooms.MUTE, (TENANT, "user-1", "group:2", 1_000), MUTES),
    "unmute": query(rooms.UNMUTE, (TENANT, "user-1", "group:2"), MUTES),
    "who has muted": query(rooms.MUTED, (TENANT, HUNDRED[1], "group:1"), MUTES),
    "accept for a room": query(
        room_requests.ACCEPT_ROOM,
        (IDS[0], TENANT, "group:1", "new", b"", NOW, 86_400.0, "{}"),
        "idempotency_keys_pkey",
    ),
    "replay for a room": query(room_requests.REPLAY, (TENANT, "key-7"), "idempotency_keys_pkey"),
    "find a request to a room": query(room_requests.FIND, (IDS[0], TENANT, "group:1"), ROOM_REQUESTS),
    "due in rooms": query(room_requests.DUE, (100,), "room_requests_due"),
    "lock a request to a room": query(room_requests.LOCK, (IDS[0],), ROOM_REQUESTS),
    "next members": query(room_requests.NEXT_MEMBERS, (TENANT, "group:1", "user-1", NOW, 1_001), MEMBERS),
    "advance": query(room_requests.ADVANCE, (IDS[0], "user-1", 1, "accepted", 0.1), ROOM_REQUESTS),
    "postpone": query(room_requests.POSTPONE, (IDS[0], 60.0), ROOM_REQUESTS),
    "stop an expansion": query(requests.STOP_EXPANSION, (IDS[0], TENANT), ROOM_REQUESTS),
    "mark all read": query(inbox.MARK_ALL_READ, ALICE, UNREAD),
    "mark delivered": query(inbox.MARK_DELIVERED, (IDS, *NEXT_TO_NOW), BY_ID),
    "mark published": query(outbox.MARK_PUBLISHED, JOBS, JOB),
    "sweep": query(outbox.FIND, (*IN_LANES, [900.0] * len(LANES), 1.0, 500), UNPUBLISHED, PUBLISHED),
    "mark swept": query(outbox.MARK_SWEPT, JOBS, JOB),
    "events": query(outbox.EVENTS, JOBS, JOB, BY_ID),
    "errands": query(outbox.ERRANDS, JOBS, JOB, BY_ID, "deliveries_pkey"),
    "dead letters": query(dead_letters.LETTERS, (TENANT, None, NOW, IDS[0], "email", 20), LETTERS, BY_ID),
    "retry dead letters": query(dead_letters.RETRY, (TENANT, IDS, ["email"] * 10), LETTER, BY_ID, DIGEST, JOB),
    "discard dead letters": query(dead_letters.DISCARD, (TENANT, IDS, ["email"] * 10), LETTER),
    "card": query(contacts.CARD, ALICE, CARD),
    "set card": query(contacts.SET_CARD, (*ALICE, None, None, None, None), CARD),
    "forget a user": query(contacts.FORGET, ALICE, CARD, DEVICES),
    "touch a device": query(devices.TOUCH, TOUCHED, TARGET),
    "register a device": query(devices.REGISTER, (*TOUCHED, "token", "fcm", IDS[0], NOW, 19), TARGET, DEVICES, DEVICE),
    "devices": query(devices.OWN, ALICE, DEVICES),
    "remove a device": query(devices.REMOVE, (IDS[0], *ALICE), DEVICE),
    "forget devices": query(devices.FORGET, (IDS,), DEVICE),
    "find a template": query(templates.FIND, (TENANT, TYPES, ["email"] * 6, LOCALES), TEMPLATES),
    "list templates": query(templates.LIST, (TENANT,), TEMPLATES),
    "save a template": query(templates.SAVE, (TENANT, "greeting", "email", "", "{}", 500), TEMPLATES),
    "remove a template": query(templates.REMOVE, (TENANT, "greeting", "email", ""), TEMPLATES),
    "revoke": query(revocations.REVOKE, (TENANT, "sub", "alice", IDS[0], NOW, 30_000), "revocations_pkey"),
    "is full": query(revocations.IS_FULL, ("tenant-1", "sub", "alice", 100_000), "revocations_id"),
    "lift": query(revocations.LIFT, (TENANT, IDS[0], 30_000), "revocations_id"),
    "newest revocations": query(revocations.NEWEST, (TENANT, None, 20), "revocations_id"),
    "rulings": query(revocations.RULINGS, (19_000, 100), "revocations_version"),
    "forget revocations": query(
        revocations.FORGET, (REMEMBERED, LIFTED_KEPT, 1_000), "revocations_at", "revocations_lifted"
    ),
    "spend": query(quotas.SPEND, (*ALICE, "broadcast", 10, 60.0), "quotas_pkey"),
    "forget quotas": query(quotas.FORGET, (19_000.0, 1_000), "quotas_last"),
    "depth": query(outbox.DEPTH, (*IN_LANES, 100_001), UNPUBLISHED, PUBLISHED),
    "settle": query(outbox.SETTLE, (*JOBS, *SETTLED, "push"), JOB),
}


@pytest.fixture(scope="module")
def full_database(postgres: Postgres) -> Iterator[str]:
    """A database with enough rows that PostgreSQL has to choose."""
    uri = create_inbox_database(postgres)
    for statement in FILL.split(";\n"):
        postgres.execute(statement, _name(uri))
    yield uri
    postgres.drop_database(uri)


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_with_arguments_uses_its_indexes(full_database: str, name: str) -> None:
    connection = await asyncpg.connect(full_database)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {QUERIES[name].sql}", *QUERIES[name].arguments)
    await connection.close()
    _expect_indexes(plan, QUERIES[name])


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_without_arguments_uses_its_indexes(postgres: Postgres, full_database: str, name: str) -> None:
    plan = postgres.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {QUERIES[name].sql}", _name(full_database))
    _expect_indexes(plan, QUERIES[name])


async def test_an_id_is_searched_only_in_its_month(full_database: str) -> None:
    connection = await asyncpg.connect(full_database)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {inbox.FOUND}", *ALICE, IDS, *NEXT_TO_NOW)
    await connection.close()
    tables = {node["Relation Name"] for node in _nodes(json.loads(plan)[0]["Plan"]) if "Relation Name" in node}
    assert tables == {f"notifications_{NOW:%Y_%m}"}


async def test_the_depth_is_counted_no_further_than_asked(full_database: str) -> None:
    connection = await asyncpg.connect(full_database)
    plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {outbox.DEPTH}", *IN_LANES, 100)
    await connection.close()
    assert _count_read(plan) == 100, "the outbox holds thousands"


async def test_a_sweep_looks_at_no_more_than_it_takes(full_database: str) -> None:
    connection = await asyncpg.connect(full_database)
    arguments = *IN_LANES, [0.0] * len(LANES), 0.0, 100
    plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {outbox.FIND}", *arguments)
    await connection.close()
    assert _count_read(plan) == 100, "thousands are overdue"


def _count_read(plan: str) -> float:
    """Count the rows of the outbox that were read."""
    nodes = [node for node in _nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == "outbox"]
    total: float = sum(node["Actual Rows"] * node["Actual Loops"] for node in nodes)
    return total


def _expect_indexes(plan: str, query: Query) -> None:
    nodes = list(_nodes(json.loads(plan)[0]["Plan"]))
    scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert scanned <= MAY_BE_SCANNED
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    used |= {name for node in nodes for name in node.get("Conflict Arbiter Indexes", ())}
    missing = {wanted for wanted in query.indexes if not any(index.endswith(wanted) for index in used)}
    assert not missing, f"{missing} not among {used}"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _name(uri: str) -> str:
    return uri.rsplit("/", 1)[1]
