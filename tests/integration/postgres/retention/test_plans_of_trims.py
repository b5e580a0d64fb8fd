"""A batch of what is no longer kept is found by an index, however much is kept."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from notifications.adapters.postgres import retention, trims
from notifications.adapters.postgres.partitions import months_from
from notifications.domain.ids import uuid7
from tests.integration.postgres.submissions import TENANT
from tests.support.postgres import Postgres
from tests.support.schema import create_inbox_database

NOW = datetime.now(UTC)
PARTITION = months_from(NOW, 1)[0].name
EARLIER = NOW - timedelta(days=30)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
IDS = (uuid7(EARLIER, 0), UUID(int=0))

# A twentieth is older than 30 days
FILL = f"""
CREATE FUNCTION aged(n int) RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() - (n - 2000) * interval '2 min' $$;
CREATE FUNCTION made(n int) RETURNS uuid LANGUAGE sql AS $$
    SELECT (lpad(to_hex((extract(epoch FROM aged(n)) * 1000)::bigint), 12, '0') || '7' || right(md5(n::text), 19))::uuid
$$;
INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, seq, type, content, created_at)
SELECT gen_random_uuid(), '{TENANT}', 'user-' || n % 2000, gen_random_uuid(), 1, 1 + n / 2000, 'greeting', '', now()
FROM generate_series(0, 19999) n;
INSERT INTO inbox_heads SELECT '{TENANT}', 'user-' || n, 30 FROM generate_series(0, 19999) n;
INSERT INTO inbox_changes SELECT '{TENANT}', 'user-' || n % 2000, 31 + n / 2000, 'readAll', NULL, 1, 0, aged(n)
FROM generate_series(0, 24999) n;
INSERT INTO deliveries (notification_id, channel, tenant, state, updated_at)
SELECT made(n), 'email', '{TENANT}', 'sent', now() FROM generate_series(0, 24999) n;
INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, died_at)
SELECT made(n), 'email', '{TENANT}', 'user-1', 'normal', aged(n), aged(n) FROM generate_series(0, 24999) n;
INSERT INTO room_requests
SELECT made(n), '{TENANT}', 'post:1', '{{}}', aged(n), 'expanded', '', 0, aged(n) FROM generate_series(0, 24999) n;
INSERT INTO digests
SELECT made(n), '{TENANT}', 'user-' || n, 'email', 'daily', now(), aged(n), now() FROM generate_series(0, 24999) n;
INSERT INTO digest_items SELECT id, id, created_at FROM digests;
VACUUM ANALYZE;
"""

TRIMS = {
    "inbox_changes_at": (trims.CHANGES, (EARLIER, LONG_AGO, 100)),
    "deliveries_pkey": (trims.DELIVERIES, (*IDS, 100)),
    "dead_letters_died": (trims.DEAD_LETTERS, (EARLIER, LONG_AGO, 100)),
    "room_requests_pkey": (trims.ROOM_REQUESTS, (*IDS, 100)),
    "digests_created": (trims.DIGESTS, (EARLIER, LONG_AGO, 100)),
    f"{PARTITION}_tenant_recipient_id": (
        retention.RAISE_FLOORS.format(partition=PARTITION),
        (TENANT, "user-7", 100),
    ),
}


@pytest.fixture(scope="module")
def aged_database(postgres: Postgres) -> Iterator[str]:
    uri = create_inbox_database(postgres)
    for statement in FILL.split(";\n"):
        postgres.execute(statement, uri.rsplit("/", 1)[1])
    yield uri
    postgres.drop_database(uri)


@pytest.mark.parametrize("index", TRIMS)
async def test_a_batch_with_arguments_is_found_by_its_index(aged_database: str, index: str) -> None:
    query, arguments = TRIMS[index]
    connection = await asyncpg.connect(aged_database)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments)
    await connection.close()
    expect_first_scan(plan, index)


@pytest.mark.parametrize("index", TRIMS)
def test_a_batch_without_arguments_is_found_by_its_index(postgres: Postgres, aged_database: str, index: str) -> None:
    query, _ = TRIMS[index]
    plan = postgres.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {query}", aged_database.rsplit("/", 1)[1])
    expect_first_scan(plan, index)


def expect_first_scan(plan: str, index: str) -> None:
    """What chooses the rows goes by the index; what deletes them is joined to so few however it likes."""
    nodes = list(walk(json.loads(plan)[0]["Plan"]))
    (chooses,) = [node for node in nodes if node.get("Subplan Name") in {"CTE old", "CTE lost"}]
    scans = [node for node in walk(chooses) if "Scan" in node["Node Type"]]
    assert [str(scan.get("Index Name")).startswith(index) for scan in scans] == [True], scans


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from walk(child)
